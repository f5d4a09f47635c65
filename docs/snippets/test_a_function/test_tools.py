from lambdakit.testing import Functions


def test_a_tool_is_called(lambda_function: Functions) -> None:
    with lambda_function("tools").mcp() as client:
        result = client.call_tool("price", {"item": "tea", "quantity": 2})

    assert result.structured_content == {"result": 900}
