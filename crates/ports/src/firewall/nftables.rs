//! A chain of accept rules for `nft -f`.

use super::{Block, Opening, To, introduction};

/// Loading the file again replaces the chain, so it stays in step with the configuration.
pub(super) fn render(server: &str, blocks: &[Block]) -> String {
    let rules: String = blocks.iter().map(block).collect();
    format!(
        "# {}\n\
         # Load with: nft -f FILE\n\
         # The input chain of table inet filter needs a line \"jump rialto\" before it drops.\n\
         table inet filter {{\n\tchain rialto {{\n\t}}\n}}\n\
         flush chain inet filter rialto\n\
         table inet filter {{\n\tchain rialto {{\n{rules}\t}}\n}}\n",
        introduction(server),
    )
}

fn block(block: &Block) -> String {
    let comments = block.comments.iter().map(|line| format!("\t\t# {line}\n"));
    let rules = block.openings.iter().map(|opening| format!("\t\t{}\n", rule(opening)));
    comments.chain(rules).collect()
}

fn rule(opening: &Opening) -> String {
    let transport = opening.listener.transport().to_string().to_lowercase();
    let destination = match opening.to {
        To::Any => String::new(),
        To::AnyV4 => "meta nfproto ipv4 ".to_owned(),
        To::Address(address) if address.is_ipv4() => format!("ip daddr {address} "),
        To::Address(address) => format!("ip6 daddr {address} "),
    };
    let (port, label) = (opening.port, comment(&opening.label));
    format!("{destination}{transport} dport {port} accept comment \"{label}\"")
}

/// Octets of a comment that nftables keeps.
const COMMENT_OCTETS_MAX: usize = 120;

fn comment(label: &str) -> &str {
    &label[..label.floor_char_boundary(COMMENT_OCTETS_MAX)]
}
