//! `rialto ports`: the rows of the documents that a demonstration makes true.

use crate::support::server::Data;

/// Client access, mail flow and Receive connectors.
const ROWS: [&str; 14] = [
    "C-11", "C-12", "C-13", "C-14", "M-01", "M-03", "M-05", "P-01", "P-02", "X-07", "X-08", "X-09",
    "X-10", "X-15",
];

#[test]
fn a_demonstration_makes_its_rows_true_until_it_is_gone() {
    let data = Data::new();
    let demo = data.demo();
    for id in ROWS {
        assert_eq!(data.row(id)["state"], "working", "{id}");
    }
    assert_eq!(data.row("C-11")["address"][0], demo.address("IMAP_PORT"));
    demo.kill();
    assert_eq!(data.row("C-11")["state"], "off");
}
