//! The ways in, by whatever a program may say to them, in both worlds.

#[macro_use]
#[path = "../common/two_worlds.rs"]
mod two_worlds;

mod blocked;
mod faults;
mod forward;
mod hostile;
mod introduced;
mod misnamed;
mod picked;
mod resolved;
mod rig;
mod silent;
mod six;
mod smuggled;
mod sni;
mod socks;

two_worlds! { 11:
    forward::a_tunnel_carries_whatever_is_said,
    forward::a_url_reaches_its_host_as_if_there_were_no_proxy,
    forward::hosts_take_turns_on_one_connection,
    forward::whoever_may_not_go_there_is_told_why,
    forward::a_token_is_the_password,
    forward::what_no_proxy_does_is_refused,
    socks::a_name_and_addresses_of_either_family_are_reached,
    socks::whoever_may_not_go_there_is_told_by_number,
    socks::a_token_is_the_password_of_a_name,
    faults::a_latency_is_aimed_at_a_user,
    faults::a_partition_holds_a_tunnel_and_lets_go,
    faults::a_refused_handshake_is_the_host_s,
    faults::a_status_and_a_freeze_answer_in_the_host_s_place,
    blocked::a_name_is_reset_and_its_server_for_a_while,
    blocked::what_is_dropped_is_silent,
    blocked::what_is_switched_before_a_word_counts,
    sni::the_hello_s_name_is_where_it_goes,
    sni::a_hello_that_comes_back_goes_no_further,
    misnamed::a_tunnel_is_for_the_host_that_was_asked_for,
    misnamed::a_hello_that_cannot_be_read_goes_nowhere_by_name,
    misnamed::what_is_no_hello_goes_on,
    misnamed::what_is_switched_lets_nobody_name_another,
    picked::a_connection_that_stands_is_counted_once,
    picked::whoever_is_silenced_before_a_word_stays_so,
    silent::a_hello_that_has_begun_is_closed_like_any_other,
    introduced::a_proxy_says_for_whom_it_speaks,
    introduced::nobody_else_may_say_it,
    introduced::whoever_is_reached_is_told_for_whom,
    resolved::an_answer_is_followed_where_its_address_is_listed,
    resolved::there_may_be_no_answer_or_a_late_one,
    resolved::addresses_are_tried_in_turn_and_each_is_told,
    six::a_way_in_listens_there_and_leads_there,
    six::a_proxy_says_an_address_of_it,
    smuggled::a_host_gets_one_request_or_none,
    smuggled::what_goes_on_is_as_long_as_was_read,
    hostile::nobody_goes_round_in_circles,
}
