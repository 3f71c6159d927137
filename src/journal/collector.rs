//! What becomes of a record: it is written and folded.

use super::record::{End, Record, Seal};
use super::writer::{WriteError, Writer};
use crate::units::Moment;

/// Whoever works on records as they come: the folds of the analysis, live and again offline.
///
/// A sink is called with the journal locked: it must not append to it.
pub trait Sink: Send + 'static {
    /// Takes the record that stands at `position` in the journal, counted from 0 after the start.
    fn record(&mut self, position: u64, record: &Record);
}

/// For journals that nobody watches.
impl Sink for () {
    fn record(&mut self, _: u64, _: &Record) {}
}

/// Keeps the records, for tests and small tools.
impl Sink for Vec<Record> {
    fn record(&mut self, _: u64, record: &Record) {
        self.push(record.clone());
    }
}

/// The written half of a journal: it counts, and after the first failure it writes no more.
pub(super) struct Tape {
    writer: Writer,
    position: u64,
    failure: Option<WriteError>,
}

/// Writes every record to the journal and folds it into `S`. A failing disk does not stop the folding.
pub struct Collector<S> {
    pub(super) tape: Tape,
    pub(super) sink: S,
}

impl Tape {
    pub(super) fn append(&mut self, record: &Record) {
        self.attempt(|writer| writer.append(record));
        self.position += 1;
    }

    /// Closes the block and syncs.
    pub(super) fn close(&mut self) {
        self.attempt(Writer::close_block);
        self.attempt(Writer::sync);
    }

    pub(super) fn close_block(&mut self) {
        self.attempt(Writer::close_block);
    }

    /// How many records were appended, written or not.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn failure(&self) -> Option<&WriteError> {
        self.failure.as_ref()
    }

    /// The number of the open block, if anything stands in it.
    pub(super) fn open_block(&self) -> Option<u32> {
        self.writer.open_block()
    }

    fn attempt(&mut self, step: impl FnOnce(&mut Writer) -> Result<(), WriteError>) {
        // A block after one that is missing would not continue the chain: nothing is written any more.
        if self.failure.is_none() {
            self.failure = step(&mut self.writer).err();
        }
    }
}

impl<S: Sink> Collector<S> {
    /// Collects into a journal and a sink.
    pub fn new(writer: Writer, sink: S) -> Self {
        Self { tape: Tape { writer, position: 0, failure: None }, sink }
    }

    /// Encodes the record, writes the block that it closes, and folds it.
    pub fn append(&mut self, record: &Record) {
        let position = self.tape.position();
        self.tape.append(record);
        self.sink.record(position, record);
    }

    /// The folds.
    pub fn sink(&mut self) -> &mut S {
        &mut self.sink
    }

    /// How many records were appended.
    pub fn position(&self) -> u64 {
        self.tape.position()
    }

    /// The first error of writing. What comes after it is folded and not journalled.
    pub fn failure(&self) -> Option<&WriteError> {
        self.tape.failure()
    }

    /// Ends the journal, with a seal if the run was finished: closes the block and syncs.
    pub(super) fn end(&mut self, seal: Option<(Moment, End)>) {
        if let Some((at, end)) = seal {
            self.append(&Record::Seal(Seal { at, end, records: self.position() }));
        }
        self.tape.close();
    }
}
