using Google.Protobuf;
using Goterra.Terraform.Protocol;
using Goterra.Terraform.Schemas;

namespace Goterra.Terraform.Plugin;

internal static class SchemaMessages
{
    public static Schema From(BlockSchema schema)
    {
        var block = new Schema.Types.Block
        {
            Description = schema.Description,
            DescriptionKind = StringKind.Markdown,
        };
        block.Attributes.AddRange(schema.Attributes.Select(From));
        return new Schema { Block = block };
    }

    private static Schema.Types.Attribute From(AttributeSchema attribute) => new()
    {
        Name = attribute.Name,
        Type = ByteString.CopyFromUtf8(attribute.Type.Json),
        Description = attribute.Description,
        DescriptionKind = StringKind.Markdown,
        Required = attribute.Use == AttributeUse.Required,
        Optional = attribute.Use == AttributeUse.Optional,
        Computed = attribute.Use == AttributeUse.Computed || attribute.Default is not null,
        Sensitive = attribute.IsSensitive,
        WriteOnly = attribute.IsWriteOnly,
    };
}
