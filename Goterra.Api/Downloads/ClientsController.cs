using System.Text;
using Goterra.Api.Errors;
using Goterra.Api.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;

namespace Goterra.Api.Downloads;

/// <summary>The client programs, for machines that can reach only this server.</summary>
[ApiController]
[Route("/store/-/cli")]
[Tags("Operations")]
public sealed class ClientsController(ClientFiles files, PublicUrl url) : ControllerBase
{
    /// <summary>List the clients that this server offers</summary>
    /// <remarks>Requires no credential. If `Accept` prefers text/plain, in the format of `sha256sum -c`.</remarks>
    /// <param name="cancellationToken">Canceled if the client disconnects.</param>
    /// <response code="200">The clients with their SHA-256 checksums.</response>
    [HttpGet, HttpHead]
    [ProducesResponseType<ClientsResponse>(200)]
    public async Task<ActionResult<ClientsResponse>> List(CancellationToken cancellationToken)
    {
        var all = await files.ListAsync(url.For(HttpContext), cancellationToken);
        var preferred = Request.GetTypedHeaders().Accept
            .OrderByDescending(accepted => accepted, MediaTypeHeaderValueComparer.QualityComparer)
            .FirstOrDefault();
        if (preferred?.MediaType != "text/plain")
            return new ClientsResponse([.. all.Select(file => new ClientResponse(file.Name, file.Size, file.Sha256))]);

        var lines = string.Concat(all.Select(file => $"{file.Sha256}  {file.Name}\n"));
        return new RawValueResult(Encoding.UTF8.GetBytes(lines), "text/plain; charset=utf-8");
    }

    /// <summary>Download a client</summary>
    /// <remarks>
    /// Requires no credential. `curl -fsSL https://store.example.org/store/-/cli/install.sh | sh` installs the one for
    /// the machine.
    /// </remarks>
    /// <param name="name">linux-x64, linux-arm64, goterra.sh or install.sh.</param>
    /// <param name="cancellationToken">Canceled if the client disconnects.</param>
    /// <response code="200">The file.</response>
    /// <response code="404">The name is unknown, or the client was not built.</response>
    [HttpGet("{name}"), HttpHead("{name}")]
    [ProducesResponseType<FileContentResult>(200, "application/octet-stream")]
    [ProducesProblem(404)]
    public async Task<ActionResult> Fetch(string name, CancellationToken cancellationToken)
    {
        if (await files.FindAsync(name, url.For(HttpContext), cancellationToken) is not { } file)
        {
            return new ProblemResult(ProblemBody.Of(404, ClientFiles.IsKnown(name)
                ? $"{name} is not available on this server: its operator must build it (deploy/client/build.sh). Use "
                    + "goterra.sh."
                : "Unknown client; available: linux-x64, linux-arm64, goterra.sh, install.sh."));
        }

        FileResult result = file.Path is null
            ? new FileContentResult(file.Text!, file.Type)
            : new PhysicalFileResult(file.Path, file.Type);
        result.EntityTag = new EntityTagHeaderValue($"\"{file.Sha256}\"");
        result.EnableRangeProcessing = true;
        return result;
    }
}

/// <summary>The clients that the server offers.</summary>
/// <param name="Clients">The clients.</param>
public sealed record ClientsResponse(IReadOnlyList<ClientResponse> Clients);

/// <summary>A client.</summary>
/// <param name="Name">The name to download it by.</param>
/// <param name="Size">The length in bytes.</param>
/// <param name="Sha256">The SHA-256 checksum in hexadecimal.</param>
public sealed record ClientResponse(string Name, long Size, string Sha256);
