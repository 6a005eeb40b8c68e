using System.Net;
using System.Text;
using System.Text.Unicode;
using Goterra.Terraform.Runtime;
using Goterra.Terraform.Schemas;
using Goterra.Terraform.Values;

namespace Goterra.Terraform.Resources;

/// <summary>The ephemeral resource `goterra_value`.</summary>
internal sealed class EphemeralValue() : ReadOnlyResource(new(
    "goterra_value",
    """
    The present value of a key, stored neither in the plan nor in the state. It does not wait: let it depend on a
    `goterra_wait`. If the key does not exist, or the deployment has ended, the value is null, and a warning says so.
    """,
    [
        SharedAttributes.Deployment with { Replaces = false },
        SharedAttributes.EphemeralToken,
        AttributeSchema.Required("key", AttributeType.Text, "The key."),
        AttributeSchema.Computed("value", AttributeType.Text, "The value; null if there is none.") with
        { IsSensitive = true },
    ]))
{
    public override void Validate(ObjectValue config) => Inputs.CheckKey(config, "key");

    public override async Task<ObjectValue> ReadAsync(ObjectValue config, Operation operation)
    {
        var key = Inputs.Key(config.Text("key") ?? "", "key");
        var client = operation.Connections.Open(config.Text("deployment"), config.Text("token"));
        var action = $"read {key}";
        var response = await client.TrySendAsync(action, client.ValueRequest(key), operation.Reading);
        var result = config.Copy();
        if (response is { Status: HttpStatusCode.NotFound, IsForeign: false })
        {
            operation.Warn("The value does not exist yet", $"The key {key} does not exist; its value is null.");
            return result;
        }

        if (!response.IsSuccess)
            return GoneDeployment.ReadNothing(action, client, response, config, operation);
        if (!Utf8.IsValid(response.Body))
            throw new DiagnosticException(
                "The value is not text", $"The value of {key} is not UTF-8, and Terraform only has text.", "key");
        result["value"] = TerraformValue.From(Encoding.UTF8.GetString(response.Body));
        return result;
    }
}
