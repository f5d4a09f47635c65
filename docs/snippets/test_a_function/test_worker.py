from lambdakit.testing import Functions


def test_a_bad_message_fails_alone(lambda_function: Functions) -> None:
    delivery = lambda_function("worker").queue.send({"quantity": 1}, {"quantity": 0}, {"quantity": 2})

    assert delivery.failed_bodies == ['{"quantity":0}']


def test_a_bad_message_ends_among_the_dead_letters(lambda_function: Functions) -> None:
    with lambda_function("worker").live_queue() as queue:
        queue.send({"quantity": 0}, {"quantity": 1})
        queue.wait_until_empty()

        assert [message.body for message in queue.dead_letters()] == ['{"quantity":0}']
