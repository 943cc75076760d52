//! The REFERENCES algorithm (RFC 5256 section 3); step numbers are the RFC's.

use std::collections::HashMap;

use super::{Node, ThreadMessage, Threads};

/// Threads `messages` by who answers whom, then by base subject.
pub fn references(messages: &[ThreadMessage]) -> Threads {
    let mut forest = Forest::new(messages);
    forest.link_messages();
    forest.prune();
    forest.sort_roots();
    forest.gather_subjects();
    forest.sort_children();
    Threads { nodes: forest.nodes, roots: forest.roots }
}

struct Forest<'a> {
    messages: &'a [ThreadMessage<'a>],
    /// The first nodes are the messages, in their order; dummies follow.
    nodes: Vec<Node>,
    parents: Vec<Option<usize>>,
    by_id: HashMap<&'a str, usize>,
    roots: Vec<usize>,
}

impl<'a> Forest<'a> {
    /// One node for each message. Of several messages with one identifier only the first has
    /// it; the others are as if they had one of their own.
    fn new(messages: &'a [ThreadMessage<'a>]) -> Self {
        let node = |at| Node { message: Some(at), children: Vec::new() };
        let mut by_id = HashMap::new();
        for (at, message) in messages.iter().enumerate() {
            if let Some(id) = message.message_id {
                by_id.entry(id).or_insert(at);
            }
        }
        Forest {
            messages,
            nodes: (0..messages.len()).map(node).collect(),
            parents: vec![None; messages.len()],
            by_id,
            roots: Vec::new(),
        }
    }

    /// Step 1: links along each References (A), then the message below the last of them (B).
    fn link_messages(&mut self) {
        let messages = self.messages;
        for (at, message) in messages.iter().enumerate() {
            let mut above = None;
            for id in &message.references {
                let node = self.node_of(id);
                if let Some(parent) = above.filter(|_| self.parents[node].is_none()) {
                    self.link(parent, node);
                }
                above = Some(node);
            }
            self.set_parent(at, above);
        }
    }

    fn node_of(&mut self, id: &'a str) -> usize {
        match self.by_id.get(id) {
            Some(node) => *node,
            None => {
                let node = self.dummy();
                self.by_id.insert(id, node);
                node
            }
        }
    }

    fn dummy(&mut self) -> usize {
        self.nodes.push(Node::default());
        self.parents.push(None);
        self.nodes.len() - 1
    }

    /// What the message itself says wins over what others said about it.
    fn set_parent(&mut self, node: usize, parent: Option<usize>) {
        if self.parents[node] == parent {
            return;
        }
        if let Some(old) = self.parents[node].take() {
            self.nodes[old].children.retain(|child| *child != node);
        }
        if let Some(parent) = parent {
            self.link(parent, node);
        }
    }

    /// Never makes a loop.
    fn link(&mut self, parent: usize, child: usize) {
        if parent != child && !self.is_above(child, parent) {
            self.parents[child] = Some(parent);
            self.nodes[parent].children.push(child);
        }
    }

    fn is_above(&self, ancestor: usize, node: usize) -> bool {
        if self.nodes[ancestor].children.is_empty() {
            return false;
        }
        std::iter::successors(self.parents[node], |at| self.parents[*at]).any(|at| at == ancestor)
    }

    /// Steps 2 and 3: the roots; dummies without children go, dummies below a root (or at the
    /// root with a single child) are replaced by their children.
    fn prune(&mut self) {
        let tops = (0..self.nodes.len()).filter(|at| self.parents[*at].is_none());
        let tops: Vec<usize> = tops.collect();
        for at in self.children_first(&tops) {
            let children = std::mem::take(&mut self.nodes[at].children);
            self.nodes[at].children = self.without_dummies(children);
        }
        for top in tops {
            match (self.nodes[top].message, &self.nodes[top].children[..]) {
                (None, []) => {}
                (None, [only]) => self.roots.push(*only),
                _ => self.roots.push(top),
            }
        }
        for root in &self.roots {
            self.parents[*root] = None;
        }
    }

    fn without_dummies(&mut self, children: Vec<usize>) -> Vec<usize> {
        let mut kept = Vec::with_capacity(children.len());
        for child in children {
            match self.nodes[child].message {
                Some(_) => kept.push(child),
                None => kept.append(&mut self.nodes[child].children),
            }
        }
        kept
    }

    /// Every node below `tops`, children before their parents.
    fn children_first(&self, tops: &[usize]) -> Vec<usize> {
        let mut order = tops.to_vec();
        let mut at = 0;
        while at < order.len() {
            order.extend_from_slice(&self.nodes[order[at]].children);
            at += 1;
        }
        order.reverse();
        order
    }

    /// Step 4: roots by date, a dummy by the date of its first child.
    fn sort_roots(&mut self) {
        for root in self.roots.clone() {
            if self.nodes[root].message.is_none() {
                self.sort_children_of(root);
            }
        }
        let mut roots = std::mem::take(&mut self.roots);
        roots.sort_by_key(|root| self.order(*root));
        self.roots = roots;
    }

    /// The message of a node, for a dummy that of its first child.
    fn first_message(&self, node: usize) -> Option<usize> {
        let first = |at: usize| self.nodes[at].message;
        first(node).or_else(|| first(*self.nodes[node].children.first()?))
    }

    fn order(&self, node: usize) -> (i64, usize) {
        let message = self.first_message(node).unwrap_or(usize::MAX);
        (self.messages.get(message).map_or(i64::MAX, |message| message.date), message)
    }

    /// Step 5: roots with one base subject become one thread.
    fn gather_subjects(&mut self) {
        let mut table = self.subject_table();
        for at in 0..self.roots.len() {
            let root = self.roots[at];
            let Some(subject) = self.subject(root) else { continue };
            let Some(&holder) = table.get(&subject).filter(|holder| **holder != root) else {
                continue;
            };
            let merged = self.merge(holder, root);
            table.insert(subject, merged);
        }
        let parents = &self.parents;
        self.roots.retain(|root| parents[*root].is_none());
        self.sort_roots();
    }

    /// Step 5 B: for each subject the root that shall hold the thread: a dummy rather than a
    /// message, an original rather than a reply.
    fn subject_table(&self) -> HashMap<String, usize> {
        let mut table: HashMap<String, usize> = HashMap::new();
        for root in &self.roots {
            let Some(subject) = self.subject(*root) else { continue };
            let holder = table.entry(subject).or_insert(*root);
            let better_dummy = self.is_dummy(*root) && !self.is_dummy(*holder);
            let better_original = self.is_reply(*holder) && !self.is_reply(*root);
            if better_dummy || (better_original && !self.is_dummy(*holder)) {
                *holder = *root;
            }
        }
        table
    }

    fn subject(&self, root: usize) -> Option<String> {
        let message = &self.messages[self.first_message(root)?];
        (!message.base_subject.is_empty()).then(|| crate::search::fold(message.base_subject))
    }

    fn is_dummy(&self, node: usize) -> bool {
        self.nodes[node].message.is_none()
    }

    fn is_reply(&self, node: usize) -> bool {
        self.first_message(node).is_some_and(|message| self.messages[message].is_reply_or_forward)
    }

    /// Step 5 C: puts `root` and the holder of its subject together; the new holder.
    fn merge(&mut self, holder: usize, root: usize) -> usize {
        match (self.is_dummy(holder), self.is_dummy(root)) {
            (true, true) => {
                let children = std::mem::take(&mut self.nodes[root].children);
                self.adopt(holder, children);
                self.parents[root] = Some(holder);
                holder
            }
            (false, _) if !self.is_reply(root) || self.is_reply(holder) => {
                let dummy = self.dummy();
                self.replace_root(holder, dummy);
                self.adopt(dummy, vec![holder, root]);
                dummy
            }
            _ => {
                self.adopt(holder, vec![root]);
                holder
            }
        }
    }

    fn adopt(&mut self, parent: usize, children: Vec<usize>) {
        for child in &children {
            self.parents[*child] = Some(parent);
        }
        self.nodes[parent].children.extend(children);
    }

    fn replace_root(&mut self, old: usize, new: usize) {
        if let Some(root) = self.roots.iter_mut().find(|root| **root == old) {
            *root = new;
        }
    }

    /// Step 6.
    fn sort_children(&mut self) {
        for node in self.children_first(&self.roots.clone()) {
            self.sort_children_of(node);
        }
    }

    fn sort_children_of(&mut self, node: usize) {
        let mut children = std::mem::take(&mut self.nodes[node].children);
        children.sort_by_key(|child| self.order(*child));
        self.nodes[node].children = children;
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{message, shown};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn answers_stand_below_what_they_answer() {
        for (name, messages, expected) in [
            ("none", vec![], ""),
            (
                "chain",
                vec![
                    message("a", "", "x", 1),
                    message("b", "a", "x", 2),
                    message("c", "a b", "x", 3),
                ],
                "(1 2 3)",
            ),
            (
                "branches by date",
                vec![
                    message("a", "", "x", 1),
                    message("c", "a", "x", 3),
                    message("b", "a", "x", 2),
                ],
                "(1 (3)(2))",
            ),
            (
                "a missing parent stays as a dummy",
                vec![message("b", "a", "x", 1), message("c", "a", "x", 2)],
                "((1)(2))",
            ),
            ("a missing parent of one vanishes", vec![message("b", "a", "x", 1)], "(1)"),
            (
                "a missing link in the middle is closed",
                vec![message("a", "", "x", 1), message("c", "a b", "x", 2)],
                "(1 2)",
            ),
            (
                "replies without references join by subject",
                vec![
                    message("a", "", "x", 1),
                    message("b", "", "Re: x", 2),
                    message("", "", "y", 3),
                ],
                "(1 2)(3)",
            ),
            (
                "two originals with one subject are siblings",
                vec![message("a", "", "x", 1), message("b", "", "x", 2)],
                "((1)(2))",
            ),
            (
                "empty subjects do not join",
                vec![message("a", "", "", 1), message("b", "", "", 2)],
                "(1)(2)",
            ),
            (
                "a loop is not closed",
                vec![message("a", "b", "x", 1), message("b", "a", "y", 2)],
                "(2 1)",
            ),
            ("itself is no parent", vec![message("a", "a", "x", 1)], "(1)"),
            (
                "an identifier used twice",
                vec![message("a", "", "x", 1), message("a", "", "y", 2), message("b", "a", "z", 3)],
                "(1 3)(2)",
            ),
        ] {
            assert_eq!(shown(&references(&messages)), expected, "{name}");
        }
    }

    #[test]
    fn deep_threads_do_not_exhaust_the_stack() {
        let ids: Vec<String> = (0..50_000).map(|n| n.to_string()).collect();
        let messages: Vec<_> = (0..ids.len())
            .map(|n| message(&ids[n], if n == 0 { "" } else { &ids[n - 1] }, "x", n as i64))
            .collect();
        let text = shown(&references(&messages));
        assert!(text.starts_with("(1 2 3 ") && text.ends_with(" 50000)"));
    }

    proptest! {
        #[test]
        fn every_message_is_shown_once(
            spec in proptest::collection::vec((0u8..8, "[0-7]( [0-7]){0,3}", "(Re: )?[xy]?", 0i64..4), 0..20)
        ) {
            let ids: Vec<String> = spec.iter().map(|(id, ..)| id.to_string()).collect();
            let messages: Vec<_> = spec.iter().zip(&ids)
                .map(|((_, refs, subject, date), id)| message(id, refs, subject, *date))
                .collect();
            let text = shown(&references(&messages));
            let mut numbers: Vec<usize> = text
                .split(|c: char| !c.is_ascii_digit())
                .filter_map(|number| number.parse().ok())
                .collect();
            numbers.sort_unstable();
            prop_assert_eq!(numbers, (1..=messages.len()).collect::<Vec<_>>());
        }
    }
}
