//! A shell script with a chain of accept rules for `iptables-restore` and `ip6tables-restore`.

use super::{Block, Opening, To, introduction};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    V4,
    V6,
}

/// Running the script again replaces the chain, so it stays in step with the configuration.
pub(super) fn render(server: &str, blocks: &[Block]) -> String {
    format!(
        "#!/bin/sh\n\
         # {}\n\
         # The INPUT chains need a line \"-j RIALTO\" before they drop:\n\
         #   iptables -I INPUT -j RIALTO; ip6tables -I INPUT -j RIALTO\n\
         set -e\n{}{}",
        introduction(server),
        restore("iptables-restore", Family::V4, blocks),
        restore("ip6tables-restore", Family::V6, blocks),
    )
}

/// `--noflush` leaves other chains alone; naming a chain of our own empties it first.
fn restore(program: &str, family: Family, blocks: &[Block]) -> String {
    let rules: String = blocks.iter().map(|it| block(it, family)).collect();
    format!("{program} --noflush <<'RULES'\n*filter\n:RIALTO - [0:0]\n{rules}COMMIT\nRULES\n")
}

/// A listener of the other family is not mentioned; one on loopback only is, in both.
fn block(block: &Block, family: Family) -> String {
    let rules: Vec<String> =
        block.openings.iter().filter(|it| family.has(it.to)).map(rule).collect();
    if rules.is_empty() && !block.openings.is_empty() {
        return String::new();
    }
    let comments = block.comments.iter().map(|line| format!("# {line}\n"));
    comments.chain(rules.into_iter().map(|rule| format!("{rule}\n"))).collect()
}

impl Family {
    fn has(self, to: To) -> bool {
        match to {
            To::Any => true,
            To::AnyV4 => self == Family::V4,
            To::Address(address) => address.is_ipv4() == (self == Family::V4),
        }
    }
}

fn rule(opening: &Opening) -> String {
    let transport = opening.listener.transport().to_string().to_lowercase();
    let destination = match opening.to {
        To::Any | To::AnyV4 => String::new(),
        To::Address(address) => format!("-d {address} "),
    };
    let (port, label) = (opening.port, comment(&opening.label));
    format!(
        "-A RIALTO {destination}-p {transport} --dport {port} \
         -m comment --comment \"{label}\" -j ACCEPT"
    )
}

/// Octets of a comment that iptables keeps.
const COMMENT_OCTETS_MAX: usize = 250;

fn comment(label: &str) -> &str {
    &label[..label.floor_char_boundary(COMMENT_OCTETS_MAX)]
}
