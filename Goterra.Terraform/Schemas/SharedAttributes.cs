using Goterra.Terraform.Values;

namespace Goterra.Terraform.Schemas;

/// <summary>Attributes that several types have.</summary>
internal static class SharedAttributes
{
    public static readonly AttributeSchema Deployment = AttributeSchema.Required(
        "deployment", AttributeType.Text, "The id of the deployment.") with
    { Replaces = true };

    public static readonly AttributeSchema Token = AttributeSchema.Optional(
        "token",
        AttributeType.Text,
        "A token of the deployment, in place of the provider's credential. It is stored in the state: prefer an API "
        + "key.")
        with
    { IsSensitive = true };

    /// <summary>For ephemeral resources, which store nothing.</summary>
    public static readonly AttributeSchema EphemeralToken = AttributeSchema.Optional(
        "token", AttributeType.Text, "A token of the deployment, in place of the provider's credential.") with
    { IsSensitive = true };

    public static readonly AttributeSchema Keepers = AttributeSchema.Optional(
        "keepers", AttributeType.TextMap, "Arbitrary map of values that, when changed, replaces the resource.") with
    { Replaces = true };

    public static AttributeSchema Timeout(string text, string description) =>
        AttributeSchema.Optional("timeout", AttributeType.Text, description) with
        {
            Default = TerraformValue.From(text),
        };
}
