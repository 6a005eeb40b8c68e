using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Goterra.Api.Deployments;
using Goterra.Api.Http;
using Goterra.Api.Problems;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Goterra.Api.Swagger;

/// <summary>
/// Which members a body has for sure. In an answer, all but those that are left out where they are null; in a request, those that its rules ask for. New members
/// may be added at any time, so no schema forbids them.
/// </summary>
internal sealed class WireSchemas : ISchemaFilter
{
    private static readonly Dictionary<Type, string[]> RequiredInRequests = new() { [typeof(PutValueRequest)] = ["key", "value"] };

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

            var mayBeLeftOut = member.GetCustomAttribute<JsonIgnoreAttribute>() is not null;
            if (isRequest ? required.Contains(name) : !mayBeLeftOut)
                (body.Required ??= new HashSet<string>()).Add(name);
            if (isRequest ? required.Contains(name) : mayBeLeftOut)
                property.Type &= ~JsonSchemaType.Null;
            if (name == "id")
                property.Format = "uuid";
        }
    }

    private static IEnumerable<(string Name, PropertyInfo Member)> Members(Type type) =>
        type.GetProperties().Select(member => (JsonNamingPolicy.SnakeCaseLower.ConvertName(member.Name), member));
}
