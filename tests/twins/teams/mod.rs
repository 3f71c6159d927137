//! Microsoft's twin: Entra, Graph, notifications, webhooks, and whatever else is sent to it.

mod entra;
mod hostile;
mod messages;
mod notifications;
mod people;
mod rig;
mod timing;
mod webhooks;

two_worlds! { 5:
    entra::a_token_is_good_for_a_while,
    entra::entra_says_why_it_gives_no_token,
    entra::a_revoked_token_is_challenged_if_its_client_understands_that,
    entra::clients_find_what_they_ask_for_before_they_sign_in,
    messages::a_message_is_taken_told_of_and_kept,
    messages::a_channel_has_threads,
    messages::a_list_has_pages,
    messages::the_next_page_is_where_the_first_was,
    messages::whoever_is_named_twice_is_told_once,
    messages::only_members_speak_and_only_people,
    messages::too_many_messages_are_told_how_long_to_wait,
    people::people_are_looked_up_and_shut_out,
    people::a_token_that_was_named_at_the_start_is_good,
    people::a_meeting_is_called_joined_and_called_off,
    people::an_event_is_entered_once,
    webhooks::a_connector_answers_200_whatever_happens,
    webhooks::a_workflow_is_its_owners,
    notifications::whoever_listens_is_told_and_fetches,
    notifications::a_reply_is_named_with_what_it_replies_to,
    notifications::whoever_does_not_prove_that_he_listens_is_not_subscribed,
    notifications::a_notification_that_fails_comes_again,
    notifications::a_listener_that_is_gone_is_told_when_he_is_back,
    notifications::subscriptions_are_renewed_and_ended,
    notifications::whoever_is_shut_out_is_told_that_his_subscription_is_gone,
}
