using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;

namespace Goterra.Api.Ui;

/// <summary>The live page: who waits for what. It needs no credential; the requests that it sends do.</summary>
[ApiController]
[ApiExplorerSettings(IgnoreApi = true)]
public sealed class PageController : ControllerBase
{
    /// <summary>The page loads and calls nothing but this server, and runs no inline script or style.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
        + "trusted-types 'none'";

    /// <summary>Redirects a browser to the page. Other clients get 404, as for any unknown path.</summary>
    [HttpGet("/"), HttpHead("/")]
    public ActionResult Root()
    {
        Response.Headers.Vary = HeaderNames.Accept;
        var isBrowser = Request.GetTypedHeaders().Accept.Any(accepted => accepted.MediaType == "text/html");

        // Relative, like all links of the page: a proxy may add a path.
        return isBrowser ? RelativeRedirect("store/-/ui/") : NotFound();
    }

    [HttpGet("/store/-/ui/{**name}"), HttpHead("/store/-/ui/{**name}")]
    public ActionResult Show(string? name)
    {
        // Without the slash, the links of the page would not lead below it.
        if (string.IsNullOrEmpty(name) && Request.Path.Value?.EndsWith('/') != true)
            return RelativeRedirect("ui/");
        if (PageFiles.Find(string.IsNullOrEmpty(name) ? PageFiles.Index : name) is not { } file)
            return NotFound();

        var headers = Response.Headers;
        headers.CacheControl = "no-cache";
        headers.ContentSecurityPolicy = Policy;
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        return new FileContentResult(file.Content, file.Type) { EntityTag = file.Tag };
    }

    private StatusCodeResult RelativeRedirect(string target)
    {
        Response.Headers.Location = target;
        return StatusCode(StatusCodes.Status302Found);
    }
}
