//! Reading all of a large folder: in slices, each over a snapshot of its own that ends in time.
//!
//! What happens between two slices shows in the later one, as if the command had come later:
//! no command promises one moment for all messages.

use std::ops::ControlFlow;
use std::sync::Arc;

use mailbox::{Content, ContentNumber, Entry, Fault, Mailbox, View};

use crate::reply::{Reply, Trouble};

/// Visits the content of each message that is still there, in their order. Gives what the visits
/// made of `state`.
pub async fn each_content<S, V>(
    mailbox: &Mailbox,
    found: &Arc<[Entry]>,
    mut state: S,
    visit: V,
) -> Result<S, Fault>
where
    S: Send + 'static,
    V: Fn(&mut S, &View<'_>, &Entry, &Content) -> Result<(), Fault> + Clone + Send + 'static,
{
    let mut done = 0;
    while done < found.len() {
        let (found, visit, mut so_far) = (Arc::clone(found), visit.clone(), state);
        let slice = mailbox.read(move |view| {
            let visited = visit_some(view, &found[done..], |entry, content| {
                visit(&mut so_far, view, entry, content)
            });
            Ok((visited?, so_far))
        });
        let (visited, so_far) = slice.await?;
        (done, state) = (done + visited, so_far);
    }
    Ok(state)
}

/// Visits until the snapshot should end; how many were visited, at least one. What was erased
/// since it was found counts as visited.
fn visit_some(
    view: &View<'_>,
    left: &[Entry],
    mut visit: impl FnMut(&Entry, &Content) -> Result<(), Fault>,
) -> Result<usize, Fault> {
    let numbers: Vec<ContentNumber> = left.iter().map(|entry| entry.content).collect();
    let (mut visited, mut result) = (left.len(), Ok(()));
    view.contents_left(&numbers, &mut |at, content| {
        result = visit(&left[at], content);
        if result.is_err() || view.is_old() {
            visited = at + 1;
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    result.map(|()| visited)
}

/// Runs what takes long and reads nothing, away from the threads that serve connections.
pub async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Trouble> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Reply::no("Server error").code("SERVERBUG").into())
}
