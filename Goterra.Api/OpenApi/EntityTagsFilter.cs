using System.Text.Json.Nodes;
using Goterra.Api.Http;
using Goterra.Api.Values;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Goterra.Api.OpenApi;

/// <summary>
/// The headers of conditional requests, which are one parameter of an action, and the ETag of responses.
/// </summary>
internal sealed class EntityTagsFilter : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        operation.Parameters ??= [];
        var taken = context.MethodInfo.GetParameters().Select(parameter => parameter.ParameterType).ToList();
        if (taken.Contains(typeof(KnownTags)))
        {
            operation.Parameters.Add(Header(
                "If-None-Match",
                "The ETag of a value that the client has: returns 304 if it is the current one. With `wait`, waits "
                + "for a change."));
        }

        if (taken.Contains(typeof(IdempotencyHeader)))
        {
            operation.Parameters.Add(Header(
                IdempotencyHeader.Name,
                "Repeating the request with the same key returns the same deployment, for 24 h. Without an API key, it "
                + "is a credential: random, at least 32 characters."));
        }

        if (taken.Contains(typeof(WriteHeaders)))
        {
            operation.Parameters.Add(Header(
                "If-Match", "An ETag in double quotes: only if it is the current one. `*`: only if the key exists."));
            if (context.ApiDescription.HttpMethod != HttpMethods.Delete)
            {
                operation.Parameters.Add(Header(
                    "If-None-Match",
                    "`*`: only if the key does not exist; of several concurrent writes, one succeeds.", "*"));
                operation.Parameters.Add(Lease());
                operation.Parameters.Add(OnLapse());
                operation.Parameters.Add(Header(
                    LapseHeaders.ReasonHeader,
                    "With `on_lapse`, required: the reason of the failure, percent-encoded UTF-8, 1 to 2,000 "
                    + "characters."));
                operation.Parameters.Add(Header(
                    LapseHeaders.SourceHeader,
                    "With `on_lapse`: the source of the failure, percent-encoded. By default, the key."));
            }

            operation.Parameters.Add(Header(
                "Idempotency-Key",
                "With a condition: repeating the write with the same idempotency key returns the first response, "
                + "for 24 h; a different write is 422."));
            operation.Parameters.Add(Header(
                WriteHeaders.FenceHeader,
                "The percent-encoded key of a lease, a space, and its ETag in double quotes: only if that lease "
                + "exists and has this ETag."));
        }

        var isTagged = context.ApiDescription.SupportedResponseTypes
            .Any(response => response.Type == typeof(ValueResponse) || response.Type == typeof(WrittenResponse));
        foreach (var (code, described) in operation.Responses ?? [])
        {
            if (described is OpenApiResponse response && (code is "304" or "412" || (code == "200" && isTagged)))
                (response.Headers ??= new Dictionary<string, IOpenApiHeader>())["ETag"] = ETag();
        }
    }

    private static OpenApiParameter Lease() => new()
    {
        Name = WriteHeaders.LeaseParameter,
        In = ParameterLocation.Query,
        Description =
            "Makes the key a lease: it expires after this time, 1s to 24h, unless it is renewed. A renewal with the "
            + "same value keeps the ETag.",
        Schema = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = "^[0-9]+[smhd]?$" },
    };

    private static OpenApiParameter OnLapse() => new()
    {
        Name = LapseHeaders.Parameter,
        In = ParameterLocation.Query,
        Description =
            "`fail`, with `ttl`: if the lease is neither renewed nor removed in time, the server declares the "
            + "deployment failed (a dead man's switch).",
        Schema = new OpenApiSchema { Type = JsonSchemaType.String, Enum = [JsonValue.Create(LapseHeaders.Action)] },
    };

    private static OpenApiParameter Header(string name, string description, params string[] values) => new()
    {
        Name = name,
        In = ParameterLocation.Header,
        Description = description,
        Schema = new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Enum = values is [] ? null : [.. values.Select(value => JsonValue.Create(value))],
        },
    };

    private static OpenApiHeader ETag() => new()
    {
        Description =
            "Identifies this state of the value, for `If-Match` and `If-None-Match`. With a narrowed token, without "
            + "the revision: the part after the dot. Conditions accept both.",
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        Example = EntityTags.Quote(Examples.Tag),
    };
}
