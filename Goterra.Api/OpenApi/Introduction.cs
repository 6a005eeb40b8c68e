using Goterra.Api.Http;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Goterra.Api.OpenApi;

/// <summary>The introduction of the OpenAPI document, and its tags.</summary>
internal static class Introduction
{
    public const string Deployments = "Deployments";
    public const string Values = "Values";
    public const string Access = "Access";
    public const string Operations = "Operations";

    /// <summary>In display order.</summary>
    public static readonly IReadOnlyList<OpenApiTag> Tags =
    [
        new() { Name = Deployments, Description = "Create, show and delete deployments." },
        new() { Name = Values, Description = "Store, get, wait for and remove values." },
        new() { Name = Access, Description = "Issue, narrow, renew and revoke tokens and tickets; list deployments." },
        new() { Name = Operations, Description = "For operators of the server." },
    ];

    public static readonly OpenApiInfo Info = new()
    {
        Title = "Goterra",
        Version = ServerVersion.Text,
        License = new OpenApiLicense
        {
            Name = "Apache-2.0",
            Url = new Uri("https://www.apache.org/licenses/LICENSE-2.0"),
        },
        Description =
            """
            Machines that are being deployed exchange small values here: a join token, an address, "I am ready". The
            installer creates a deployment and passes its id and token to the machines. Each machine stores what it
            knows, and waits for what it needs. After the installation, the deployment is deleted with its data.

            First steps, on this page:

            1. `POST /store`: **Execute**, and copy `id` and `token` from the response.
            2. **Authorize**, on the right: paste the token into `token`.
            3. `PUT /store/{id}/{key}`: store a value.
            4. `GET /store/{id}/{key}`: get it. With `wait`, waits for a missing key: try it from two tabs.
            5. `DELETE /store/{id}`: delete the deployment.

            The [live page](../store/-/ui/) shows what every machine of a deployment waits for.
            """,
    };
}

internal sealed class TagsFilter : IDocumentFilter
{
    public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context) =>
        swaggerDoc.Tags = new HashSet<OpenApiTag>(Introduction.Tags);
}
