//! The twin of a store of documents: what it takes, what it refuses, and what it shows.

mod hostile;
mod rig;
mod versions;

two_worlds! { 12:
    versions::a_document_is_read_and_written_by_its_version,
    versions::whoever_is_unknown_is_refused,
    versions::what_is_told_by_another_store_is_shown,
}
