import time

from lambdakit.runtime.context import Context


def test_the_remaining_time_ends_at_zero() -> None:
    later = Context("id", deadline=time.time() + 60)

    assert 0 < later.get_remaining_time_in_millis() <= 60_000
    assert Context("id", deadline=1).get_remaining_time_in_millis() == 0


def test_a_client_context_has_its_fields_or_none() -> None:
    context = Context("id", deadline=1, client_context={"custom": {"a": 1}, "client": {"app_title": "shop"}})

    assert context.client_context is not None
    assert context.client_context.custom == {"a": 1}
    assert context.client_context.client.app_title == "shop"
    assert context.client_context.client.installation_id is None
    assert Context("id", deadline=1).client_context is None
