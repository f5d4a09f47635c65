from lambdakit.testing import Functions


def test_a_bad_message_fails_alone(lambda_function: Functions) -> None:
    delivery = lambda_function("worker").queue.send({"quantity": 1}, {"quantity": 0}, {"quantity": 2})

    assert delivery.failed_bodies == ['{"quantity":0}']
