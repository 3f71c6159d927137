//! A journal as simple as it can be: records in one buffer, in the order in which they came.

use std::sync::{Arc, Mutex};

use firedrill::units::Moment;

/// What happened. Each record names the account it is about.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A client's try to send: number, route, due, sent, code.
    Attempt = 1,
    /// What the path did to one unit: number, route, delay, code.
    Hit = 2,
    /// What a receiver got: sender, number, route.
    Receipt = 3,
    /// A change of what is in force.
    Control = 4,
    /// Many draws, bit by bit.
    Drawn = 5,
}

/// All records of a play, each with its account. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Journal(Arc<Mutex<Records>>);

type Records = Vec<(u32, Vec<u8>)>;

/// The account of records that are about nobody.
pub(crate) const NOBODY: u32 = u32::MAX;

impl Journal {
    pub(crate) fn append(&self, kind: Kind, account: u32, at: Moment, fields: &[u64]) {
        let mut record = vec![kind as u8];
        record.extend(account.to_le_bytes());
        record.extend(at.nanos().to_le_bytes());
        record.extend(fields.iter().flat_map(|field| field.to_le_bytes()));
        self.0.lock().expect("no panic").push((account, record));
    }

    /// The SHA-256 of all records but those about `silent`, and how many records of each kind there are.
    pub(crate) fn digest(&self, silent: u32) -> (String, [u64; 6]) {
        let mut context = ring::digest::Context::new(&ring::digest::SHA256);
        let mut counts = [0; 6];
        for (_, record) in self.0.lock().expect("no panic").iter().filter(|(account, _)| *account != silent) {
            context.update(record);
            counts[usize::from(record[0])] += 1;
        }
        (format!("{:?}", context.finish()), counts)
    }
}
