using System.Text;
using System.Text.Unicode;
using Goterra.Cli.Protocol;
using Goterra.Terraform.Runtime;
using Goterra.Terraform.Schemas;
using Goterra.Terraform.Store;
using Goterra.Terraform.Values;

namespace Goterra.Terraform.Resources;

/// <summary>`goterra_wait`.</summary>
internal sealed class WaitResource() : ManagedResource(new(
    "goterra_wait",
    """
    Waits, when it is created, until machines have stored keys. If one of them declares the deployment failed, the apply
    ends at once, with the reason, the machine and the end of its log (of `goterra-cli run`).

    An interrupt (Ctrl-C) ends the wait; the next apply waits again. Once it has been met, it is not checked again: to
    wait for another installation, change `keepers`. Destroying it does nothing. `TF_LOG=INFO` shows progress.
    """,
    [
        SharedAttributes.Deployment,
        SharedAttributes.Token,
        AttributeSchema.Optional("keys", AttributeType.Texts, "Wait for all of these keys.") with { Replaces = true },
        AttributeSchema.Optional(
            "prefix", AttributeType.Text, "Wait for `min_count` keys that start with this, such as `nodes/`.") with
        { Replaces = true },
        AttributeSchema.Optional("min_count", AttributeType.Number, "How many keys with `prefix` to wait for.") with
        { Replaces = true },
        AttributeSchema.Optional(
            "fail_prefix", AttributeType.Text,
            "Fail as soon as a key that starts with this exists. Its value is the reason.") with
        { Replaces = true },
        SharedAttributes.Timeout("30m", "How long to wait, such as `90s` or `1h`. Default: `30m`."),
        SharedAttributes.Keepers,
        AttributeSchema.Optional(
            "expose", AttributeType.Flag,
            "With `true`, `values` contains the values, and so does the state. To read a value without storing it, "
            + "use the ephemeral resource `goterra_value`.") with
        { Replaces = true, Default = TerraformValue.From(false) },
        AttributeSchema.Computed(
            "arrived",
            AttributeType.ObjectMap(
                ("at", AttributeType.Text), ("by", AttributeType.Text), ("client", AttributeType.Text)),
            "When each key was stored, by whom (the name of a ticket, or a user), and from which client."),
        AttributeSchema.Computed(
            "values", AttributeType.TextMap, "The values by key, with `expose`; otherwise null.") with
        { IsSensitive = true },
    ]))
{
    public override void Validate(ObjectValue config)
    {
        Inputs.CheckEither(config, "keys", "prefix");
        Inputs.CheckDuration(config, "timeout");
        Inputs.Prefix(config, "prefix");
        Inputs.Prefix(config, "fail_prefix");
        Inputs.CheckElements(config, "keys");
        if (config["keys"] is ListValue { Items.Count: 0 })
            throw new DiagnosticException("No keys", "`keys` must contain at least one key.", "keys");
        foreach (var key in config.Texts("keys") ?? [])
            Inputs.Key(key, "keys");
        if (!config.IsUnknown("prefix") && !config.IsUnknown("min_count")
            && config.IsSet("prefix") != config.IsSet("min_count"))
        {
            throw new DiagnosticException(
                "Missing attribute", "Set both `prefix` and `min_count`, or neither.",
                config.IsSet("prefix") ? "prefix" : "min_count");
        }

        if (Inputs.IsKnown(config, "min_count") && config.Number("min_count") is null or < 1)
            throw new DiagnosticException("Invalid count", "`min_count` must be at least 1.", "min_count");
    }

    public override void PlanCreate(ObjectValue planned)
    {
        if (!planned.IsUnknown("expose") && !planned.Flag("expose"))
            planned["values"] = TerraformValue.Null;
    }

    public override async Task<ObjectValue> CreateAsync(ObjectValue planned, ObjectValue config, Operation operation)
    {
        var client = operation.Connections.Open(planned.Text("deployment"), planned.Text("token"));
        var wait = new KeyWait(client, Inputs.Span(planned, "timeout"), Inputs.Prefix(planned, "fail_prefix"))
        {
            Time = operation.Connections.Time,
        };
        var keys = Inputs.Prefix(planned, "prefix") is { } prefix
            ? await wait.ForCountAsync(prefix, planned.Number("min_count") ?? 1, operation.Reading)
            : await wait.ForKeysAsync(
                [.. (planned.Texts("keys") ?? []).Select(key => Inputs.Key(key, "keys"))], operation.Reading);
        var state = planned.Copy();
        state["arrived"] = new MapValue(keys.ToDictionary(entry => entry.Key ?? "", Arrival));
        state["values"] = planned.Flag("expose")
            ? TerraformValue.From(await ReadAsync(client, keys, operation.Reading))
            : TerraformValue.Null;
        return state;
    }

    public override Task<ObjectValue?> ReadAsync(ObjectValue state, Operation operation) =>
        Task.FromResult<ObjectValue?>(state);

    private static TerraformValue Arrival(KeyEntry entry) => new MapValue(new Dictionary<string, TerraformValue>
    {
        ["at"] = TerraformValue.From(entry.Updated),
        ["by"] = TerraformValue.From(entry.By),
        ["client"] = TerraformValue.From(entry.Client),
    });

    private static async Task<Dictionary<string, string>> ReadAsync(
        DeploymentClient client, IReadOnlyList<KeyEntry> keys, CancellationToken cancellationToken)
    {
        var values = new Dictionary<string, string>();
        foreach (var entry in keys)
        {
            var key = Inputs.Key(entry.Key ?? "", "keys");
            var bytes = await client.ReadValueAsync($"read {key}", key, cancellationToken);
            values[key.Text] = bytes is not null && Utf8.IsValid(bytes)
                ? Encoding.UTF8.GetString(bytes)
                : throw new DiagnosticException(
                    "The value is not text", $"The value of {key} was removed, or is not UTF-8. Remove `expose`.",
                    "expose");
        }

        return values;
    }
}
