//! The view as a page of text, for terminals of 80 columns.

use std::fmt::Write as _;

use super::view::{DatabaseRow, View};

/// To the upper left, and everything below gone (ECMA-48: CUP, ED).
const HOME: &str = "\x1b[H\x1b[J";

/// The text in place of the one before.
pub(super) fn refreshed(view: &View) -> String {
    format!("{HOME}{}", text(view))
}

pub(super) fn text(view: &View) -> String {
    let mut page = String::new();
    let process = &view.process;
    let _ = writeln!(
        page,
        "memory {}   files {}   free on disk {}\n",
        octets(process.resident_memory_octets),
        process.open_fds,
        octets(process.disk_free_octets)
    );
    services(&mut page, view);
    messages(&mut page, view);
    databases(&mut page, &view.databases);
    slow(&mut page, view);
    page
}

fn services(page: &mut String, view: &View) {
    let _ = writeln!(
        page,
        "{:<26}{:>10}{:>14}{:>10}{:>10}",
        "", "sessions", "connections/s", "logins/s", "failed/s"
    );
    for row in &view.services {
        let _ = writeln!(
            page,
            "{:<26}{:>10}{:>14.1}{:>10.1}{:>10.1}",
            row.service,
            row.sessions,
            row.connections_per_second,
            row.logins_per_second,
            row.failed_logins_per_second
        );
    }
}

fn messages(page: &mut String, view: &View) {
    let messages = &view.messages;
    let _ = writeln!(
        page,
        "\nmessages/s: {:.1} received, {:.1} delivered, {:.1} sent; reports/s: {:.1}",
        messages.received_per_second,
        messages.delivered_per_second,
        messages.sent_per_second,
        messages.delivery_reports_per_second
    );
    for row in &view.queues {
        let _ = writeln!(page, "  {:<28}{:<12}{:>8}", row.queue, row.status, row.messages);
    }
}

fn databases(page: &mut String, rows: &[DatabaseRow]) {
    let _ = writeln!(
        page,
        "\n{:<16}{:>10}{:>12}{:>10}{:>12}{:>12}",
        "", "syncs/s", "commits/s", "waiting", "mean", "99 % below"
    );
    for row in rows {
        let _ = writeln!(
            page,
            "{:<16}{:>10.1}{:>12.1}{:>10}{:>12}{:>12}",
            row.database,
            row.syncs_per_second,
            row.commits_per_second,
            row.writes_waiting,
            milliseconds(row.mean_sync_seconds),
            milliseconds(row.sync_seconds_p99)
        );
    }
}

fn slow(page: &mut String, view: &View) {
    if !view.slow_operations.is_empty() {
        page.push_str("\nslow operations\n");
    }
    for operation in &view.slow_operations {
        let ended = operation.ended.split('.').next().unwrap_or_default();
        let _ = writeln!(
            page,
            "  {ended:<20} {:<26} {:<20} {:>6.1} s",
            operation.service, operation.operation, operation.seconds
        );
    }
}

fn milliseconds(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "-".to_owned(), |seconds| format!("{:.2} ms", seconds * 1_000.0))
}

fn octets(octets: f64) -> String {
    const MIB: f64 = 1_048_576.0;
    match octets {
        many if many >= 1_024.0 * MIB => format!("{:.1} GiB", many / (1_024.0 * MIB)),
        few => format!("{:.1} MiB", few / MIB),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::SlowOperation;
    use crate::top::view::{Messages, Process, QueueRow, ServiceRow};

    fn view() -> View {
        let service = "IMAP4 front-end service".to_owned();
        View {
            services: vec![ServiceRow {
                service: service.clone(),
                sessions: 12.0,
                connections_per_second: 0.5,
                logins_per_second: 0.0,
                failed_logins_per_second: 1.0,
            }],
            messages: Messages {
                received_per_second: 2.0,
                delivered_per_second: 3.0,
                sent_per_second: 0.0,
                delivery_reports_per_second: 0.0,
            },
            queues: vec![QueueRow {
                queue: "DnsConnectorDelivery".to_owned(),
                status: "Retry".to_owned(),
                messages: 7.0,
            }],
            databases: vec![DatabaseRow {
                database: "mailboxes".to_owned(),
                syncs_per_second: 2.0,
                commits_per_second: 5.0,
                writes_waiting: 0.0,
                mean_sync_seconds: Some(0.0004),
                sync_seconds_p99: None,
            }],
            process: Process {
                resident_memory_octets: 52_428_800.0,
                open_fds: 40.0,
                disk_free_octets: 3_221_225_472.0,
            },
            slow_operations: vec![SlowOperation {
                ended: "2026-11-23T10:00:00.123Z".to_owned(),
                service,
                operation: "UID SEARCH".to_owned(),
                seconds: 2.0,
            }],
        }
    }

    #[test]
    fn a_page_for_people() {
        let page = text(&view());
        for line in [
            "memory 50.0 MiB   files 40   free on disk 3.0 GiB",
            "IMAP4 front-end service           12           0.5       0.0       1.0",
            "messages/s: 2.0 received, 3.0 delivered, 0.0 sent; reports/s: 0.0",
            "  DnsConnectorDelivery        Retry              7",
            "mailboxes              2.0         5.0         0     0.40 ms           -",
            "  2026-11-23T10:00:00  IMAP4 front-end service    UID SEARCH              2.0 s",
        ] {
            assert!(page.lines().any(|it| it == line), "{line}\n{page}");
        }
        assert!(page.lines().all(|line| line.len() <= 80), "{page}");
        assert_eq!(refreshed(&view()), format!("\x1b[H\x1b[J{page}"));
    }
}
