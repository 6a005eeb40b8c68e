using Goterra.Cli.Http;
using Goterra.Cli.Protocol;
using Goterra.Terraform.Schemas;
using Goterra.Terraform.Values;

namespace Goterra.Terraform.Resources;

/// <summary>The ephemeral resource `goterra_token`.</summary>
internal sealed class EphemeralToken() : ReadOnlyResource(new(
    "goterra_token",
    """
    A new token of a deployment, stored neither in the plan nor in the state. It is for other providers and for
    provisioners; for machines, use `goterra_ticket`.

    Terraform opens it in each plan and each apply, and each time it is another token. It expires by itself: closing it
    does not revoke it, which would end the tokens of all machines. If the deployment has ended or was deleted, the token
    is null, and a warning says so.
    """,
    [
        SharedAttributes.Deployment with { Replaces = false },
        AttributeSchema.Optional(
            "parent_token", AttributeType.Text,
            "A token of the deployment, in place of the provider's credential.") with
        { IsSensitive = true },
        AttributeSchema.Optional(
            "read", AttributeType.Texts,
            "The keys that it may read, and prefixes such as `nodes/*`. Default: without `write`, all."),
        AttributeSchema.Optional("write", AttributeType.Texts, "The keys that it may write, and prefixes."),
        AttributeSchema.Optional(
            "observe", AttributeType.Flag, "With `true`: all keys, waits, hints and events, but no values."),
        AttributeSchema.Optional("fail", AttributeType.Flag, "With `false`, it may not declare the deployment failed."),
        AttributeSchema.Optional("ttl", AttributeType.Text, "The lifetime, such as `30m`. Default: `1h`.") with
        { Default = TerraformValue.From("1h") },
        AttributeSchema.Computed("token", AttributeType.Text, "The token: `GOT_TOKEN`; null if the deployment has ended.") with { IsSensitive = true },
        AttributeSchema.Computed("expires", AttributeType.Text, "When it expires (RFC 3339)."),
    ]))
{
    private const string Action = "create a token";

    public override void Validate(ObjectValue config)
    {
        Inputs.CheckDuration(config, "ttl");
        Inputs.CheckScope(config, isFullByDefault: true);
    }

    public override async Task<ObjectValue> ReadAsync(ObjectValue config, Operation operation)
    {
        var client = operation.Connections.Open(config.Text("deployment"), config.Text("parent_token"));
        var result = config.Copy();
        if (!result.IsSet("ttl"))
            result["ttl"] = TerraformValue.From("1h");
        var request = StoreRequest.Post(
            client.ActionUrl("token"), Inputs.TokenBody(result), ProtocolJson.Default.TokenBody);
        var response = await client.TrySendAsync(Action, request, operation.Reading);
        if (!response.IsSuccess)
            return GoneDeployment.ReadNothing(Action, client, response, result, operation);
        var issued = CreatedToken.TryRead(response.Body) ?? throw ExitCodes.NotGoterra(Action);
        result["token"] = TerraformValue.From(issued.Token);
        result["expires"] = TerraformValue.From(issued.Expires);
        return result;
    }
}
