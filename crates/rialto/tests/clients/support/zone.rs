//! The DNS records that a setup prints, as a name server has them.

use net::testing::Zone;

/// The records that a setup has printed, each `NAME IN TYPE CONTENT`.
pub fn zone_of(told: &str) -> Zone {
    let lines = told.lines().filter(|line| !line.trim_start().starts_with(';'));
    let records =
        lines.filter_map(|line| line.split_once(" IN ").map(|(name, data)| (name.trim(), data)));
    records.fold(Zone::new(), |zone, (name, data)| {
        let words: Vec<&str> = data.split_whitespace().collect();
        let number = |text: &str| text.parse::<u16>().unwrap();
        match words[..] {
            ["A" | "AAAA", address] => zone.a(name, address),
            ["MX", preference, host] => zone.mx(name, number(preference), host),
            ["SRV", priority, weight, port, host] => {
                zone.srv(name, number(priority), number(weight), number(port), host)
            }
            ["TXT", ..] => zone.txt(name, &strings(data)),
            _ => panic!("{name} {data}"),
        }
    })
}

/// What stands in quotes, joined.
fn strings(data: &str) -> String {
    data.split('"').skip(1).step_by(2).collect()
}
