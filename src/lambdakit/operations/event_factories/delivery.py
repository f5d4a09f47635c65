"""What changes infrastructure and code: CloudFormation, CodePipeline, CodeDeploy, CodeCommit, Secrets Manager."""

from collections.abc import Mapping
from typing import Any, Literal

from lambdakit.operations.event_factories.origin import Event, Family
from lambdakit.operations.event_factories.values import as_text, milliseconds, to_milliseconds


class DeliveryEvents(Family):
    """Makes events of deployments."""

    def cloudformation(
        self,
        request: Literal["Create", "Update", "Delete"] = "Create",
        *,
        properties: Mapping[str, Any] | None = None,
        old_properties: Mapping[str, Any] | None = None,
        resource_type: str = "Custom::Resource",
        response_url: str | None = None,
    ) -> Event:
        """Describe a request of CloudFormation to a custom resource.

        Args:
            request: What is to be done.
            properties: The resource's properties.
            old_properties: Those before an update.
            resource_type: The resource's type.
            response_url: Where the function is to send its answer, by default to S3.

        Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
        """
        origin = self._origin
        token = origin.arn("lambda", "function:function")
        stack = origin.arn("cloudformation", f"stack/shop/{origin.uuid()}")
        bucket = f"cloudformation-custom-resource-response-{origin.region.replace('-', '')}"
        event: Event = {
            "RequestType": request,
            "ServiceToken": token,
            "ResponseURL": response_url or f"https://{bucket}.s3.{origin.region}.amazonaws.com/{origin.hex(32)}",
            "StackId": stack,
            "RequestId": origin.uuid(),
            "LogicalResourceId": "Resource",
            "ResourceType": resource_type,
            "ResourceProperties": {"ServiceToken": token, **(properties or {})},
        }
        if request != "Create":
            event["PhysicalResourceId"] = f"resource-{origin.letters(12)}"
        if request == "Update":
            event["OldResourceProperties"] = {"ServiceToken": token, **(old_properties or {})}
        return event

    def codepipeline(
        self,
        parameters: Any = "",
        *,
        function: str = "function",
        bucket: str = "pipeline-artifacts",
        continuation_token: str | None = None,
    ) -> Event:
        """Describe a job of a Lambda action in CodePipeline.

        Args:
            parameters: The user parameters of the action, as text or as what JSON can say.
            function: The function's name.
            bucket: The bucket of the artifacts.
            continuation_token: The token of a job that goes on.

        Source: https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-invoke-lambda-function.html
        """
        origin = self._origin
        artifact = {
            "name": "Source",
            "revision": origin.hex(40),
            "location": {
                "type": "S3",
                "s3Location": {"bucketName": bucket, "objectKey": f"shop/Source/{origin.letters(7)}"},
            },
        }
        data: Event = {
            "actionConfiguration": {"configuration": {"FunctionName": function, "UserParameters": as_text(parameters)}},
            "inputArtifacts": [artifact],
            "outputArtifacts": [],
            "artifactCredentials": {
                "accessKeyId": f"ASIA{origin.hex(16).upper()}",
                "secretAccessKey": origin.token(30),
                "sessionToken": origin.token(180),
                "expirationTime": milliseconds(origin.now) + 3_600_000,
            },
        }
        if continuation_token is not None:
            data["continuationToken"] = continuation_token
        return {"CodePipeline.job": {"id": origin.uuid(), "accountId": origin.account, "data": data}}

    def codedeploy(self) -> Event:
        """Describe a call of a lifecycle hook by CodeDeploy.

        Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html
        """
        origin = self._origin
        return {
            "DeploymentId": f"d-{origin.letters(9).upper()}",
            "LifecycleEventHookExecutionId": origin.token(192),
        }

    def codecommit(self, branch: str = "main", *, repository: str = "shop", trigger: str = "push") -> Event:
        """Describe a push to a CodeCommit repository.

        Args:
            branch: The branch.
            repository: The repository.
            trigger: The name of the trigger.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/services-codecommit.html
        """
        origin = self._origin
        record = {
            "eventId": origin.uuid(),
            "eventVersion": "1.0",
            "eventTime": to_milliseconds(origin.now).replace("Z", "+0000"),
            "eventTriggerName": trigger,
            "eventPartNumber": 1,
            "codecommit": {"references": [{"commit": origin.hex(40), "ref": f"refs/heads/{branch}"}]},
            "eventName": "ReferenceChanges",
            "eventTriggerConfigId": origin.uuid(),
            "eventSourceARN": origin.arn("codecommit", repository),
            "userIdentityARN": f"arn:aws:iam::{origin.account}:user/developer",
            "eventSource": "aws:codecommit",
            "awsRegion": origin.region,
            "eventTotalParts": 1,
        }
        return {"Records": [record]}

    def secret_rotation(
        self,
        step: Literal["createSecret", "setSecret", "testSecret", "finishSecret"] = "createSecret",
        *,
        secret: str = "shop/database",  # noqa: S107 (the name of a secret)
    ) -> Event:
        """Describe a step of the rotation of a secret by Secrets Manager.

        Args:
            step: The step.
            secret: The secret's name.

        Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
        """
        origin = self._origin
        return {
            "SecretId": origin.arn("secretsmanager", f"secret:{secret}-{origin.letters(6)}"),
            "ClientRequestToken": origin.uuid(),
            "Step": step,
        }
