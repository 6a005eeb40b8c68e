using System.Globalization;
using Goterra.Cli.Http;
using Goterra.Cli.Protocol;
using Goterra.Terraform.Schemas;
using Goterra.Terraform.Values;

namespace Goterra.Terraform.Resources;

/// <summary>The data source `goterra_deployment`.</summary>
internal sealed class DeploymentData() : ReadOnlyResource(new(
    "goterra_deployment",
    """
    The state of a deployment, as `goterra-cli status` shows it. It contains no values. If the deployment has ended or was
    deleted, all read-only attributes are null, and a warning says so.
    """,
    [
        SharedAttributes.Deployment with { Replaces = false },
        SharedAttributes.Token,
        AttributeSchema.Computed("name", AttributeType.Text, "The name."),
        AttributeSchema.Computed("namespace", AttributeType.Text, "The namespace."),
        AttributeSchema.Computed("expires", AttributeType.Text, "When it ends by itself (RFC 3339)."),
        AttributeSchema.Computed("state", AttributeType.Text, "`active` or `failed`."),
        AttributeSchema.Computed("reason", AttributeType.Text, "Why it has failed."),
        AttributeSchema.Computed(
            "keys",
            AttributeType.Objects(
                ("key", AttributeType.Text), ("size", AttributeType.Number), ("updated", AttributeType.Text),
                ("by", AttributeType.Text), ("client", AttributeType.Text)),
            "The keys."),
        AttributeSchema.Computed(
            "waiting",
            AttributeType.Objects(
                ("key", AttributeType.Text), ("prefix", AttributeType.Text), ("count", AttributeType.Number),
                ("since", AttributeType.Text), ("client", AttributeType.Text)),
            "Who waits for what."),
        AttributeSchema.Computed("hints", AttributeType.Texts, "What looks wrong."),
    ]))
{
    private const string Read = "read the deployment";

    public override async Task<ObjectValue> ReadAsync(ObjectValue config, Operation operation)
    {
        var client = operation.Connections.Open(config.Text("deployment"), config.Text("token"));
        var response = await client.TrySendAsync(Read, client.OverviewRequest(), operation.Reading);
        if (!response.IsSuccess)
            return GoneDeployment.ReadNothing(Read, client, response, config, operation);
        var overview = DeploymentOverview.TryRead(response.Body) ?? throw ExitCodes.NotGoterra(Read);
        var state = config.Copy();
        state["name"] = TerraformValue.From(overview.Name);
        state["namespace"] = TerraformValue.From(overview.Namespace);
        state["expires"] = Time(overview.DeploymentExpires);
        state["state"] = TerraformValue.From(overview.State);
        state["reason"] = TerraformValue.From(overview.Reason);
        state["keys"] = new ListValue([.. overview.AllKeys().Select(From)]);
        state["waiting"] = new ListValue([.. (overview.Waiting ?? []).OfType<WaitEntry>().Select(From)]);
        state["hints"] = TerraformValue.From((overview.Hints ?? []).OfType<string>());
        return state;
    }

    private static TerraformValue From(KeyEntry key) => new MapValue(new Dictionary<string, TerraformValue>
    {
        ["key"] = TerraformValue.From(key.Key),
        ["size"] = TerraformValue.From(key.Size),
        ["updated"] = TerraformValue.From(key.Updated),
        ["by"] = TerraformValue.From(key.By),
        ["client"] = TerraformValue.From(key.Client),
    });

    private static TerraformValue From(WaitEntry wait) => new MapValue(new Dictionary<string, TerraformValue>
    {
        ["key"] = TerraformValue.From(wait.Key),
        ["prefix"] = TerraformValue.From(wait.Prefix),
        ["count"] = wait.Count is { } count ? TerraformValue.From(count) : TerraformValue.Null,
        ["since"] = Time(wait.Since),
        ["client"] = TerraformValue.From(wait.Client),
    });

    private static TerraformValue Time(DateTimeOffset? time) => TerraformValue.From(
        time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
}
