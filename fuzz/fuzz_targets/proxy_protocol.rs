//! The header of the PROXY protocol out of arbitrary bytes: no panic, the same in one piece and byte by byte, and what is read of one reads
//! the same when it is written.
#![no_main]

use firedrill::path::proxy_protocol::{Spoken, read, write};
use firedrill::plan::ProxyVersion;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let whole = read(bytes);
    let first = (0..=bytes.len()).map(|end| read(&bytes[..end])).find(|found| *found != Ok(None));
    assert_eq!(first.unwrap_or(Ok(None)), whole);
    let Ok(Some((Spoken::For { client, server }, length))) = whole else { return };
    assert!(length <= bytes.len());
    for version in [ProxyVersion::V1, ProxyVersion::V2] {
        let written = write(version, client, server);
        let Ok(Some((Spoken::For { client: from, server: to }, all))) = read(&written) else { panic!("{written:?}") };
        let plain = |address: std::net::SocketAddr| (address.ip().to_canonical(), address.port());
        assert_eq!((plain(from), plain(to), all), (plain(client), plain(server), written.len()));
    }
});
