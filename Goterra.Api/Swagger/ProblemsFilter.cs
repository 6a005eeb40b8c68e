using System.Globalization;
using System.Reflection;
using Goterra.Api.Access;
using Goterra.Api.Deployments;
using Goterra.Api.Problems;
using Goterra.Core;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Goterra.Api.Swagger;

/// <summary>Describes the problems that an action says it may answer with. What its own comment says about a status goes before the text from here.</summary>
internal sealed class ProblemsFilter(Limits limits) : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        operation.Responses ??= [];
        foreach (var status in context.MethodInfo.GetCustomAttribute<ProducesProblemAttribute>()?.Statuses ?? [])
        {
            var code = status.ToString(CultureInfo.InvariantCulture);
            var response = operation.Responses.GetValueOrDefault(code) as OpenApiResponse ?? new OpenApiResponse();
            response.Description ??= Meaning(status);
            response.Headers = Header(status);
            response.Content = new Dictionary<string, IOpenApiMediaType>
            {
                ["application/problem+json"] = new OpenApiMediaType
                {
                    Schema = context.SchemaGenerator.GenerateSchema(typeof(ProblemBody), context.SchemaRepository),
                    Example = Examples.Node(Example(status, context.MethodInfo)),
                },
            };
            operation.Responses[code] = response;
        }

        Sort(operation.Responses);
    }

    private static string Meaning(int status) => status switch
    {
        400 => "A part of the request is malformed: `errors` names it, and says what would be right.",
        401 => "There is no credential, or the token is invalid, expired or revoked: the problem says which.",
        403 => "The credential is good, but not for this. Whether the deployment exists is not told.",
        404 => "There is no such key (yet).",
        409 => "The key is a lease, and there is no condition.",
        410 => "The deployment was deleted or its time ran out. Nothing will come here any more: stop waiting.",
        412 => "`If-Match` or `If-None-Match` did not hold. The ETag is the current value's, for those who may read it.",
        413 => "Over a limit: the problem names it and its value.",
        415 => "The body is of a kind that is not taken.",
        422 => "The `Idempotency-Key` was already used for a different write. Nothing was written.",
        424 => "The deployment is failed, or failed while this waited: the problem has the reason. Stop waiting.",
        429 => "Over a limit for now: the problem names it and its value. Ask again after `Retry-After` seconds.",
        503 => "The store can't be reached, or this server is being stopped. Ask again after `Retry-After` seconds.",
        507 => "The store is full. Nothing was written; reads still work. Retry later.",
        _ => throw new InvalidOperationException($"No text says what status {status} means."),
    };

    private ProblemBody Example(int status, MethodInfo action) => status switch
    {
        400 when Takes<CreateDeploymentRequest>(action) => ProblemBody.BadInput("ttl", Duration.Format + "; it is at least 1s"),
        400 => ProblemBody.BadInput("key", "the path ends with '/' and no key; the deployment itself has no '/' at its end"),
        401 => ProblemBody.Of(401, "This token has expired. Get a new one from whoever owns the deployment."),
        403 when action.DeclaringType?.GetCustomAttribute<DeploymentScopedAttribute>() is not null =>
            ProblemBody.Of(403, "This token belongs to another deployment."),
        403 => ProblemBody.Of(403, "An anonymous user belongs to no namespace. Leave the header X-API-NS out."),
        404 => OutcomeProblems.For(new Outcome(OutcomeKind.Absent)).Problem,
        409 => OutcomeProblems.For(new Outcome(OutcomeKind.Leased) { Expires = DateTimeOffset.UnixEpoch.AddYears(56) }).Problem,
        410 => OutcomeProblems.For(new Outcome(OutcomeKind.Gone)).Problem,
        412 => OutcomeProblems.For(new Outcome(OutcomeKind.ConditionFailed, default(Core.Deployments.EntityTag))).Problem,
        413 when action.GetCustomAttribute<Microsoft.AspNetCore.Mvc.HttpGetAttribute>() is not null =>
            OutcomeProblems.OverLimit(413, new LimitHit("listing_bytes", limits.ListingBytes)),
        413 => OutcomeProblems.OverLimit(413, new LimitHit("value_bytes", limits.ValueBytes)),
        415 => ProblemBody.Of(415, "A multipart form is not a value. Send the bytes themselves: curl -T FILE, or --data-binary @FILE."),
        422 => OutcomeProblems.For(new Outcome(OutcomeKind.IdempotencyKeyReused)).Problem,
        424 => OutcomeProblems.For(new Outcome(OutcomeKind.Failed, Failure: new Failure("worker-2 has no disk", null))).Problem,
        429 => OutcomeProblems.OverLimit(429, new LimitHit("waits_per_deployment", limits.WaitsPerDeployment)),
        503 => ProblemBody.Of(503, "The store can't be reached, or did not answer in time. Try again in a moment."),
        507 => ProblemBody.Of(507, ProblemExceptionHandler.StoreIsFull),
        _ => throw new InvalidOperationException($"There is no example of a problem with status {status}."),
    };

    private static bool Takes<T>(MethodInfo action) => action.GetParameters().Any(parameter => parameter.ParameterType == typeof(T));

    private static Dictionary<string, IOpenApiHeader>? Header(int status) => status switch
    {
        401 => new() { ["WWW-Authenticate"] = new OpenApiHeader { Description = "Always `Bearer`.", Schema = new OpenApiSchema { Type = JsonSchemaType.String } } },
        429 or 503 => new()
        {
            ["Retry-After"] = new OpenApiHeader
            {
                Description = "In how many seconds to ask again.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32" },
            },
        },
        _ => null,
    };

    private static void Sort(OpenApiResponses responses)
    {
        var sorted = responses.OrderBy(response => response.Key, StringComparer.Ordinal).ToList();
        responses.Clear();
        foreach (var (code, response) in sorted)
            responses.Add(code, response);
    }
}
