using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Goterra.Api.Errors;
using Goterra.Api.Json;
using Goterra.Api.Tokens;
using Goterra.Api.Values;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Goterra.Api.OpenApi;

/// <summary>
/// The required properties of a body. In a response, all except those that are omitted if null; in a request, those
/// that its validator requires. Properties may be added at any time, so no schema forbids additional ones.
/// </summary>
internal sealed class WireSchemas : ISchemaFilter
{
    private static readonly Dictionary<Type, string[]> RequiredInRequests = new()
    {
        [typeof(PutValueRequest)] = ["key", "value"],
    };

    public static string NameOf(Type type) => type == typeof(ProblemBody) ? "Problem" : type.Name;

    public void Apply(IOpenApiSchema schema, SchemaFilterContext context)
    {
        if (schema is not OpenApiSchema { Properties.Count: > 0 } body)
            return;

        body.AdditionalPropertiesAllowed = true;
        var isRequest = RequestContext.Default.GetTypeInfo(context.Type) is not null;
        var required = isRequest ? RequiredInRequests.GetValueOrDefault(context.Type, []) : [];
        foreach (var (name, member) in Members(context.Type))
        {
            if (!body.Properties.TryGetValue(name, out var found) || found is not OpenApiSchema property)
                continue;

            var isOptional = member.GetCustomAttribute<JsonIgnoreAttribute>() is not null;
            if (isRequest ? required.Contains(name) : !isOptional)
                (body.Required ??= new HashSet<string>()).Add(name);
            if (isRequest ? required.Contains(name) : isOptional)
                property.Type &= ~JsonSchemaType.Null;
            if (name == "id" && context.Type != typeof(TicketResponse) && context.Type != typeof(TicketInfoResponse))
                property.Format = "uuid";
        }
    }

    private static IEnumerable<(string Name, PropertyInfo Member)> Members(Type type) =>
        type.GetProperties().Select(member => (JsonNamingPolicy.SnakeCaseLower.ConvertName(member.Name), member));
}
