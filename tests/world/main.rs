//! The contract of the seam: every case runs in both worlds, so that the memory world cannot drift away from the kernel.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use firedrill::draw::Seed;
use firedrill::limits::PIPE_BYTES;
use firedrill::units::{Moment, Span};
use firedrill::world::{Conn, Listener, Tasks, Timing, World, enter_sockets, enter_sockets_with, enter_virtual};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::service::service_fn;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};

#[macro_use]
#[path = "../common/two_worlds.rs"]
mod two_worlds;

mod connecting;
mod ending;
mod gates;
mod one_world;
#[cfg(target_os = "linux")]
mod splicing;
mod timing;
mod tls;

two_worlds! { 1:
    connecting::a_connection_carries_bytes_both_ways,
    connecting::nobody_listens_and_the_connection_is_refused,
    connecting::an_address_in_use_is_refused,
    connecting::a_port_is_free_again_when_its_listener_is_gone,
    connecting::a_listener_at_any_address_takes_all,
    connecting::the_acceptor_sees_the_source_address,
    connecting::without_a_source_address_it_is_loopback,
    ending::half_a_connection_can_be_closed,
    ending::the_end_of_the_stream_comes_after_what_was_sent,
    ending::a_reset_is_seen_as_reset_when_reading,
    ending::a_reset_is_seen_as_reset_when_writing,
    ending::what_had_arrived_is_read_before_the_reset,
    ending::what_had_arrived_is_read_by_who_heard_of_the_reset_when_writing,
    ending::a_connection_that_was_reset_can_be_shut_down,
    ending::a_resetter_reaches_a_connection_that_is_split,
    ending::a_resetter_wakes_whoever_waits_at_its_own_end,
    ending::a_peer_dropped_while_reading_is_the_end_of_the_stream,
    ending::a_peer_that_leaves_bytes_unread_resets,
    ending::the_second_write_to_a_peer_that_is_gone_breaks,
    connecting::a_peer_that_does_not_read_holds_the_writer_back,
    connecting::a_capped_connection_carries_bytes,
    connecting::what_nobody_accepted_is_reset_when_the_listener_goes,
    connecting::many_connect_before_one_is_accepted,
    connecting::slices_are_written_at_once,
    connecting::one_task_reads_and_writes_a_connection_it_is_lent,
    gates::whoever_is_refused_knows_at_once,
    gates::a_port_that_refuses_is_taken,
    gates::what_was_accepted_lives_on_behind_a_gate,
    gates::what_nobody_accepted_is_reset_by_a_refusal,
    gates::accepting_goes_on_through_any_number_of_switches,
    gates::what_was_swallowed_is_connected_at_its_next_try,
    gates::what_was_swallowed_can_be_refused,
    gates::only_whom_it_is_aimed_at_is_swallowed,
    gates::a_gate_without_a_listener_does_nothing,
    timing::a_timer_wakes_when_it_is_due,
    timing::a_timer_that_has_passed_wakes_at_once,
    timing::a_timer_that_is_reset_waits_for_its_new_moment,
    timing::timers_less_than_a_millisecond_apart_keep_their_order,
    timing::a_deadline_ends_a_wait,
    timing::what_went_before_the_beginning_takes_no_time,
    timing::the_clock_on_the_wall_is_the_machines_or_none,
    timing::hyper_gives_up_on_a_head_that_does_not_come,
    timing::an_idle_connection_is_held,
    timing::tasks_have_names_until_they_end,
}

/// Expands each case into a test of the sockets world alone, which has what is tested.
macro_rules! on_sockets {
    ($($module:ident::$case:ident),* $(,)?) => {$(
        #[test]
        fn $case() {
            enter_sockets(Seed(1), $module::$case).expect("a sockets world");
        }
    )*};
}

on_sockets! {
    tls::names_that_it_may_have_are_believed_and_no_others,
    tls::nobody_is_believed_without_his_authority,
    tls::it_carries_much_both_ways_at_once,
    tls::half_of_it_can_be_closed,
    tls::an_end_that_nobody_said_is_an_error,
    tls::a_resetter_breaks_it_off,
    tls::a_handshake_that_is_none_fails,
}

#[cfg(target_os = "linux")]
on_sockets! {
    gates::whoever_comes_by_ipv4_to_ipv6_is_aimed_at_by_ipv4,
    gates::addresses_of_ipv6_are_aimed_at,
    splicing::what_is_spliced_arrives_both_ways,
    splicing::what_is_drained_on_the_way_arrives_in_its_place,
    splicing::half_a_spliced_connection_can_be_closed,
    splicing::a_reset_is_seen_while_splicing,
    splicing::a_resetter_wakes_whoever_splices,
    splicing::a_pipe_full_of_small_pieces_goes_on,
}

/// A span for each world: virtual time costs nothing, real time is waited for.
fn either(world: &World, virtually: Span, really: Span) -> Span {
    if world.clock.is_virtual() { virtually } else { really }
}

/// A wait until `due` is over now: never early, in the virtual world never late, and on sockets late by at most a second. What that
/// bound must catch is a wake that was lost, which lasts for ever; how late a wake is on a machine that has better things to do is
/// not ours to promise, and `on_sockets_wakes_are_precise` measures what is.
#[track_caller]
fn assert_due(world: &World, due: Moment) {
    let now = world.clock.now();
    let slack = either(world, Span::ZERO, Span::from_secs(1));
    assert!(now >= due, "woke at {now}, {} early", due.since(now));
    assert!(now <= due + slack, "woke at {now}, {} late", now.since(due));
}

fn here() -> SocketAddr {
    SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0)
}

async fn listen(world: &World) -> Listener {
    world.net.bind(here()).await.expect("a free port")
}

/// Two ends of a connection: the connector's and the acceptor's.
async fn pair(world: &World) -> (Conn, Conn) {
    let listener = listen(world).await;
    let near = world.net.connect(None, listener.local_addr()).await.expect("somebody listens");
    let (far, _) = listener.accept().await.expect("somebody connects");
    (near, far)
}

async fn rest(conn: &mut Conn) -> Vec<u8> {
    let mut bytes = Vec::new();
    conn.read_to_end(&mut bytes).await.expect("an orderly end");
    bytes
}
