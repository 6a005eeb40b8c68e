using System.Net;
using System.Text;
using Goterra.Cli.Http;
using Goterra.Cli.Runtime;
using Goterra.Terraform.Runtime;
using Goterra.Terraform.Schemas;
using Goterra.Terraform.Store;
using Goterra.Terraform.Values;

namespace Goterra.Terraform.Resources;

/// <summary>`goterra_value`.</summary>
internal sealed class ValueResource() : ManagedResource(new(
    "goterra_value",
    """
    A value that Terraform hands to machines. A changed value is stored on the server; one that others have changed
    there is stored again by the next apply. Destroying it removes the key.
    """,
    [
        SharedAttributes.Deployment,
        SharedAttributes.Token,
        AttributeSchema.Required("key", AttributeType.Text, "The key.") with { Replaces = true },
        AttributeSchema.Optional(
            "value", AttributeType.Text, "The value. It is stored in the state: for secrets, use `value_wo`.") with
        { IsSensitive = true },
        AttributeSchema.Optional(
            "value_wo", AttributeType.Text,
            "The value, which is stored neither in the plan nor in the state (Terraform 1.11 or later). It may come "
            + "from an ephemeral resource. Terraform does not see when it changes: change `value_wo_version`, "
            + "too.") with
        { IsWriteOnly = true },
        AttributeSchema.Optional(
            "value_wo_version", AttributeType.Number, "Change it to store `value_wo` again."),
        AttributeSchema.Optional(
            "if_absent", AttributeType.Flag,
            "With `true`: an existing value is left as it is, then and later; `written` says which case it was.") with
        { Replaces = true, Default = TerraformValue.From(false) },
        AttributeSchema.Computed(
            "etag", AttributeType.Text, "The version of the value. It changes whenever a value is stored."),
        AttributeSchema.Computed("written", AttributeType.Flag, "Whether this resource has stored the value."),
    ]))
{
    private const string IfAbsent = "if_absent";
    private const string Written = "written";
    private const string Version = "etag";

    public override void Validate(ObjectValue config)
    {
        Inputs.CheckKey(config, "key");
        // An ephemeral value is null while its key does not exist: only the store needs a value.
        Inputs.CheckNotBoth(config, "value", "value_wo");
        if (Inputs.IsKnown(config, "value_wo_version") && Inputs.IsKnown(config, "value"))
            throw new DiagnosticException(
                "Conflicting attributes", "`value_wo_version` belongs to `value_wo`.", "value_wo_version");
    }

    public override void PlanUpdate(ObjectValue prior, ObjectValue planned)
    {
        // Without a version: another client has stored a value, and this one is stored again.
        if (!prior.IsSet(Version) || !planned["value"].Equals(prior["value"])
            || !planned["value_wo_version"].Equals(prior["value_wo_version"]))
        {
            planned[Version] = TerraformValue.Unknown;
            planned[Written] = planned.Flag(IfAbsent) ? TerraformValue.Unknown : TerraformValue.From(true);
        }
    }

    public override Task<ObjectValue> CreateAsync(ObjectValue planned, ObjectValue config, Operation operation) =>
        StoreAsync(planned, config, operation);

    public override Task<ObjectValue> UpdateAsync(ObjectValue planned, ObjectValue config, Operation operation) =>
        planned.IsUnknown(Version) ? StoreAsync(planned, config, operation) : Task.FromResult(planned);

    public override async Task<ObjectValue?> ReadAsync(ObjectValue state, Operation operation)
    {
        var (client, key, action) = Open(state, operation, "read");
        var known = state.Text(Version);
        var request = client.ValueRequest(key) with { Headers = known is null ? [] : [("If-None-Match", known)] };
        var response = await client.TrySendAsync(action, request, operation.Reading);
        if (response.Status == HttpStatusCode.NotModified)
            return state;
        if (response is { Status: HttpStatusCode.NotFound, IsForeign: false })
            return null;
        if (!response.IsSuccess)
            return GoneDeployment.Keep(action, client, response, state, operation);
        if (state.Flag(IfAbsent) && known is not null)
            state[Version] = TerraformValue.From(response.ETag);
        else if (known is null || response.ETag != known)
            state[Version] = TerraformValue.Null;
        return state;
    }

    public override async Task DeleteAsync(ObjectValue state, Operation operation)
    {
        if (!state.Flag(Written))
            return;
        var (client, key, action) = Open(state, operation, "remove");
        var request = new StoreRequest(HttpMethod.Delete, client.ValueUrl(key)) { Content = ResponseContent.Deleted };
        var response = await client.TrySendAsync(action, request, operation.Writing);
        if (!response.IsSuccess && response is not { Status: HttpStatusCode.NotFound, IsForeign: false })
            GoneDeployment.Keep(action, client, response, state, operation);
    }

    private static async Task<ObjectValue> StoreAsync(ObjectValue planned, ObjectValue config, Operation operation)
    {
        var (client, key, action) = Open(planned, operation, "store");
        var text = config.Text("value_wo") ?? planned.Text("value") ?? throw new DiagnosticException(
            "No value", "Set `value` or `value_wo`. An ephemeral value is null if its key does not exist yet.",
            "value_wo");
        var isConditional = planned.Flag(IfAbsent);
        var request = new StoreRequest(HttpMethod.Put, client.ValueUrl(key))
        {
            Body = Encoding.UTF8.GetBytes(text),
            Content = ResponseContent.Written,
            Headers = isConditional ? [("If-None-Match", "*"), ("Idempotency-Key", RandomId.New())] : [],
        };
        var response = await client.TrySendAsync(action, request, operation.Writing);
        var isLost = isConditional && response is { Status: HttpStatusCode.PreconditionFailed, IsForeign: false };
        if (!response.IsSuccess && !isLost)
            throw client.Failure(action, response);
        var state = planned.Copy();
        state[Version] = TerraformValue.From(response.ETag ?? "");
        state[Written] = TerraformValue.From(!isLost);
        return state;
    }

    private static (DeploymentClient Client, ValueKey Key, string Action) Open(
        ObjectValue attributes, Operation operation, string verb)
    {
        var key = Inputs.Key(attributes.Text("key") ?? "", "key");
        var client = operation.Connections.Open(attributes.Text("deployment"), attributes.Text("token"));
        return (client, key, $"{verb} {key}");
    }
}
