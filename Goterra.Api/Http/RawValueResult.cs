using Microsoft.AspNetCore.Mvc;

namespace Goterra.Api.Http;

/// <summary>Responds with the bytes of a value.</summary>
internal sealed class RawValueResult(ReadOnlyMemory<byte> bytes, string type) : ActionResult
{
    public override async Task ExecuteResultAsync(ActionContext context)
    {
        var response = context.HttpContext.Response;
        response.ContentType = type;
        response.ContentLength = bytes.Length;
        await BodyWriting.WriteAsync(response, bytes, context.HttpContext.RequestAborted);
    }
}
