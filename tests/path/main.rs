//! Each fault measured on the path, in both worlds, against a bound that is derived beside it.
//!
//! In memory nothing takes time but what is made to, so bounds are exact to the microsecond. On sockets nothing comes early, and the
//! [slack](rig::Rig::slack) is what a busy machine may add; medians and quartiles, which a hiccup does not move, carry the distributions.

#[path = "../common/buffers.rs"]
mod buffers;

#[macro_use]
#[path = "../common/two_worlds.rs"]
mod two_worlds;

#[cfg(target_os = "linux")]
#[path = "../common/without_privilege.rs"]
mod without_privilege;

#[cfg(target_os = "linux")]
#[path = "../common/own_network.rs"]
mod own_network;

mod bodies;
mod bytes;
mod copies;
mod docs;
mod fence;
mod freeze;
mod held;
mod http;
mod http_limits;
mod identity;
mod inspected;
mod latency;
mod logins;
mod mail;
mod messages;
mod names;
#[cfg(target_os = "linux")]
mod packets;
mod partition;
mod relying;
mod rig;
mod status;
mod stream;

two_worlds! { 7:
    latency::a_constant_delays_requests_and_answers,
    latency::one_way_only,
    latency::normal_delays_have_their_median_and_spread,
    latency::lognormal_delays_have_their_median_and_spread,
    latency::jitter_never_reorders_a_stream,
    partition::nothing_passes_and_what_is_held_arrives_after_the_lift,
    partition::only_answers_are_held,
    partition::new_connections_wait,
    partition::only_the_link_is_cut,
    partition::a_stream_is_held_too,
    held::bytes_and_their_end_wait_for_the_next_cut_too,
    held::a_pushed_frame_waits_for_the_next_cut_too,
    held::a_delay_that_goes_on_meanwhile_counts_from_the_healing,
    held::what_was_changed_before_is_not_changed_again,
    held::what_goes_on_meanwhile_changes_what_is_held,
    held::a_limit_that_goes_on_meanwhile_counts_what_is_held,
    held::a_reset_that_goes_on_meanwhile_needs_no_healing,
    relying::only_tokens_of_the_provider_for_us_that_are_good_still_are_taken,
    relying::a_key_that_is_new_is_asked_for,
    relying::a_token_whose_key_is_withdrawn_is_refused,
    relying::a_token_that_the_path_takes_back_is_refused_with_a_challenge,
    status::a_chance_of_a_status,
    inspected::slow,
    inspected::down_with_errors,
    inspected::down_without_a_word,
    inspected::down_by_resets,
    mail::a_long_content_goes_through_whole_and_what_follows_it_is_a_command,
    mail::a_line_that_ends_in_two_ways_is_refused_here,
    fence::a_region_is_shut_out_in_the_vendors_words,
    fence::a_vpn_users_address_is_that_of_his_exit,
    fence::each_capability_has_its_action,
    fence::push_connections_of_the_fenced_are_closed,
    freeze::a_share_is_exactly_so_many_accounts,
    freeze::a_frozen_account_hears_it_in_the_vendors_words,
    freeze::messages_to_the_frozen_are_kept_until_the_lift,
    freeze::send_only_leaves_receiving_alone,
    identity::a_revoked_token_is_refused_until_a_new_one_is_asked_for,
    identity::a_token_expires_sooner_than_was_said,
    identity::tokens_of_who_has_left_may_live_on,
    identity::who_has_left_is_shut_out_when_the_platform_has_heard_of_it,
    identity::whoever_exceeds_a_limit_is_refused_until_the_span_has_slid_on,
    identity::a_ban_lasts_whatever_is_asked_meanwhile,
    identity::a_quota_is_used_up_once,
    identity::a_missing_capability_is_no_such_function,
    identity::signs_together_tell_who_goes_round,
    identity::a_fence_may_only_slow_down,
    identity::a_platform_says_what_it_has_frozen,
    logins::each_way_to_a_token_is_judged_by_the_key_it_names,
    logins::a_login_counts_for_whom_it_names,
    logins::what_was_given_before_a_revocation_logs_nobody_in,
    logins::a_frozen_accounts_stream_is_closed_and_stays_shut,
    stream::a_half_closed_connection_stays_half_open,
    stream::a_reset_is_passed_on_as_a_reset,
    stream::an_endpoint_that_is_gone_is_a_reset,
    http::bytes_arrive_as_they_were_sent,
    http::pipelined_requests_are_answered_in_order,
    http::chunks_and_trailers_pass,
    http::answers_without_a_body_have_none,
    http::whoever_waits_for_a_continue_gets_it,
    http::an_upgraded_connection_is_a_stream,
    http::an_endpoint_that_ends_idle_connections_is_dialled_again,
    http::a_client_that_gives_up_while_its_answer_is_held_is_noticed,
    http_limits::nothing_that_two_could_read_differently_passes,
    http_limits::a_head_is_bounded,
    http_limits::a_body_that_goes_wrong_is_broken_off,
    http_limits::large_bodies_stream_in_bounded_memory,
    http_limits::an_early_answer_is_heard,
    http_limits::a_twin_refuses_what_is_too_large_and_goes_on,
    http_limits::a_slow_head_is_let_go,
    http_limits::an_early_answer_cuts_no_request,
    http_limits::what_was_reset_does_not_seem_whole,
    bytes::a_bandwidth_slows_requests_and_answers,
    bytes::slices_have_their_pauses,
    bytes::so_many_bytes_pass,
    bytes::one_bit_is_flipped,
    bytes::a_request_is_reset,
    bytes::a_lost_request_comes_late,
    bytes::only_the_end_comes_late,
    bytes::a_clients_end_comes_late_to_the_endpoint,
    bytes::a_timeout_swallows_a_request,
    bytes::a_timeout_ends_idle_connections,
    bytes::a_timeout_swallows_what_is_under_way,
    bytes::a_timeout_without_an_end_ends_with_the_lift,
    bytes::a_freeze_lets_idle_connections_be,
    bytes::the_first_few_and_every_third_request,
    bytes::a_later_request_overtakes,
    bytes::an_answer_is_lost_and_the_connection_closed,
    bytes::without_a_fault_it_takes_the_link,
    messages::the_throttled_hear_how_long_to_wait,
    messages::an_answer_is_lost_in_silence,
    copies::a_request_reaches_the_endpoint_twice,
    copies::a_slow_second_answer_delays_nobody,
    copies::a_copy_that_fails_ends_no_client,
    copies::what_cannot_be_repeated_is_no_hit,
    copies::what_is_refused_is_not_repeated,
    bodies::a_body_is_replaced_with_its_length,
    bodies::what_has_no_body_gets_none,
    bodies::a_body_is_cut_at_its_byte_however_it_is_framed,
    bodies::a_large_body_is_cut_at_its_byte,
    bodies::an_endless_body_is_replaced_at_once,
    messages::both_sides_of_a_websocket_are_told_the_code,
    messages::a_pushed_frame_comes_twice,
    messages::pushed_frames_vanish_and_pings_do_not,
    messages::a_later_frame_overtakes,
    messages::pushes_are_late_and_answers_are_not,
    names::each_address_of_a_service_that_has_a_name_is_written_down,
    names::of_one_that_is_an_address_nothing_is,
    docs::every_documented_fault_has_its_effect,
}

#[test]
fn whoever_is_slow_is_let_go() {
    firedrill::world::enter_virtual(firedrill::draw::Seed(7), http_limits::whoever_is_slow_is_let_go).expect("a world");
}

#[test]
fn a_name_that_nobody_knows_and_one_that_nobody_waits_for() {
    let seed = firedrill::draw::Seed(7);
    firedrill::world::enter_virtual(seed, names::a_name_that_nobody_knows_is_written_down).expect("a world");
    firedrill::world::enter_virtual(seed, names::who_leaves_first_is_written_down).expect("a world");
}

#[cfg(target_os = "linux")]
#[test]
fn a_plan_with_a_blackhole_needs_privilege() {
    without_privilege::without_privilege("a_plan_with_a_blackhole_needs_privilege", docs::a_blackhole_is_refused);
}

#[cfg(target_os = "linux")]
#[test]
fn losses_of_the_kernels_take_as_long_as_ours() {
    own_network::in_own_network("losses_of_the_kernels_take_as_long_as_ours", || {
        firedrill::world::enter_sockets(firedrill::draw::Seed(7), packets::round_trips_take_as_long).expect("a world");
    });
}

#[cfg(target_os = "linux")]
#[test]
fn handshakes_that_the_kernel_loses_take_as_long_as_ours() {
    let name = "handshakes_that_the_kernel_loses_take_as_long_as_ours";
    own_network::in_own_network(name, || {
        firedrill::world::enter_sockets(firedrill::draw::Seed(7), packets::handshakes_take_as_long).expect("a world");
    });
}
