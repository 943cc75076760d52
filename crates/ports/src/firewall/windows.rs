//! PowerShell commands for the Windows Firewall, bound to our program (row F-61).

use super::{Block, Opening, To, introduction};

/// The group is removed first, so running the commands again leaves no old rule behind.
pub(super) fn render(server: &str, program: &str, blocks: &[Block]) -> String {
    let rules: String = blocks.iter().map(block).collect();
    format!(
        "# {}\n\
         $program = {}\n\
         Remove-NetFirewallRule -Group 'Rialto' -ErrorAction SilentlyContinue\n{rules}",
        introduction(server),
        quoted(program),
    )
}

fn block(block: &Block) -> String {
    let comments = block.comments.iter().map(|line| format!("# {line}\n"));
    let rules = block.openings.iter().map(|opening| format!("{}\n", rule(opening)));
    comments.chain(rules).collect()
}

fn rule(opening: &Opening) -> String {
    let name = quoted(&format!("Rialto {}", opening.label));
    let local = match opening.to {
        To::Any | To::AnyV4 => String::new(),
        To::Address(address) => format!(" -LocalAddress {address}"),
    };
    let (transport, port) = (opening.listener.transport(), opening.port);
    format!(
        "New-NetFirewallRule -Group 'Rialto' -DisplayName {name} -Direction Inbound \
         -Action Allow -Protocol {transport} -LocalPort {port}{local} -Program $program"
    )
}

/// A PowerShell string in which nothing is expanded.
fn quoted(text: &str) -> String {
    let one_line: String = text.chars().filter(|c| !c.is_control()).collect();
    format!("'{}'", one_line.replace('\'', "''"))
}
