using Goterra.Api.Configuration;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Goterra.Api.Swagger;

/// <summary>What stands above the routes: what this is, how to begin, and what the groups are.</summary>
internal static class Introduction
{
    public const string Deployments = "Deployments";
    public const string Values = "Values";
    public const string Access = "Access";
    public const string Operations = "Operations";

    /// <summary>In the order in which they are shown.</summary>
    public static readonly IReadOnlyList<OpenApiTag> Tags =
    [
        new() { Name = Deployments, Description = "Make one, look at it, delete it." },
        new() { Name = Values, Description = "Store a value, get it or wait for it, remove it." },
        new() { Name = Access, Description = "Tokens and tickets: make, narrow, renew, revoke; whose deployments there are." },
        new() { Name = Operations, Description = "For whoever runs the server." },
    ];

    public static readonly OpenApiInfo Info = new()
    {
        Title = "Goterra",
        Version = ServerVersion.Text,
        License = new OpenApiLicense { Name = "Apache-2.0", Url = new Uri("https://www.apache.org/licenses/LICENSE-2.0") },
        Description =
            """
            Machines that are being deployed hand each other small values here: a join token, an address, "I am ready". Whoever installs them creates a
            deployment and gives its id and token to the machines; each stores what it knows, and waits for what it needs. When the installation is over,
            the deployment is deleted, and its data with it.

            First steps, on this page:

            1. `POST /store`: **Execute**, and copy `id` and `token` from the answer.
            2. **Authorize**, on the right: paste the token into `token`.
            3. `PUT /store/{id}/{key}`: store a value.
            4. `GET /store/{id}/{key}`: get it. With `wait`, a key that does not exist yet is answered as soon as somebody stores it: try that from two tabs.
            5. `DELETE /store/{id}`: delete the deployment.
            """,
    };
}

internal sealed class TagsFilter : IDocumentFilter
{
    public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context) => swaggerDoc.Tags = new HashSet<OpenApiTag>(Introduction.Tags);
}
