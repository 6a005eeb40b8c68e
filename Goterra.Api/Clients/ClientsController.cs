using System.Text;
using Goterra.Api.Configuration;
using Goterra.Api.Http;
using Goterra.Api.Problems;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;

namespace Goterra.Api.Clients;

/// <summary>The client programs, for machines that reach this server and nothing else.</summary>
[ApiController]
[Route("/store/-/cli")]
[Tags("Operations")]
public sealed class ClientsController(ClientFiles files, PublicUrl url) : ControllerBase
{
    /// <summary>List the clients that this server has</summary>
    /// <remarks>Needs no credentials. Where `Accept` prefers text/plain, in the form that `sha256sum -c` takes: a line of sum and name each.</remarks>
    /// <param name="cancellationToken">The request was given up.</param>
    /// <response code="200">The clients with their SHA-256 sums.</response>
    [HttpGet, HttpHead]
    [ProducesResponseType<ClientsResponse>(200)]
    public async Task<ActionResult<ClientsResponse>> List(CancellationToken cancellationToken)
    {
        var all = await files.AllAsync(url.For(HttpContext), cancellationToken);
        var preferred = Request.GetTypedHeaders().Accept.OrderByDescending(accepted => accepted, MediaTypeHeaderValueComparer.QualityComparer).FirstOrDefault();
        if (preferred?.MediaType != "text/plain")
            return new ClientsResponse([.. all.Select(file => new ClientResponse(file.Name, file.Size, file.Sha256))]);
        return new RawValueResult(Encoding.UTF8.GetBytes(string.Concat(all.Select(file => $"{file.Sha256}  {file.Name}\n"))), "text/plain; charset=utf-8");
    }

    /// <summary>Fetch a client</summary>
    /// <remarks>Needs no credentials. `curl -fsSL https://store.example.org/store/-/cli/install.sh | sh` installs the one that fits.</remarks>
    /// <param name="name">linux-x64, linux-arm64, goterra.sh or install.sh.</param>
    /// <param name="cancellationToken">The request was given up.</param>
    /// <response code="200">The file.</response>
    /// <response code="404">There is none of that name, or it was not built.</response>
    [HttpGet("{name}"), HttpHead("{name}")]
    [ProducesResponseType<FileContentResult>(200, "application/octet-stream")]
    [ProducesProblem(404)]
    public async Task<ActionResult> Fetch(string name, CancellationToken cancellationToken)
    {
        if (await files.FindAsync(name, url.For(HttpContext), cancellationToken) is not { } file)
        {
            return new ProblemResult(ProblemBody.Of(404, ClientFiles.IsKnown(name)
                ? $"This server has no {name}. Build it with deploy/client/build.sh, and publish the server again; goterra.sh needs no building."
                : "There is no such client. There are linux-x64, linux-arm64, goterra.sh and install.sh."));
        }

        FileResult result = file.Path is null ? new FileContentResult(file.Text!, file.Type) : new PhysicalFileResult(file.Path, file.Type);
        result.EntityTag = new EntityTagHeaderValue($"\"{file.Sha256}\"");
        result.EnableRangeProcessing = true;
        return result;
    }
}

/// <summary>The clients that the server has.</summary>
/// <param name="Clients">Each with its sum.</param>
public sealed record ClientsResponse(IReadOnlyList<ClientResponse> Clients);

/// <summary>One client.</summary>
/// <param name="Name">What to fetch it by.</param>
/// <param name="Size">Its length in bytes.</param>
/// <param name="Sha256">Its SHA-256 sum, in hexadecimal digits.</param>
public sealed record ClientResponse(string Name, long Size, string Sha256);
