using System.Text.Json;
using Goterra.Api.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Infrastructure;

namespace Goterra.Api.Json;

/// <summary>
/// Writes the results of actions as JSON with a Content-Length. The API has no other format to negotiate.
/// </summary>
internal sealed class JsonResultExecutor : IActionResultExecutor<ObjectResult>
{
    public Task ExecuteAsync(ActionContext context, ObjectResult result)
    {
        var response = context.HttpContext.Response;
        var value = result.Value ?? throw new InvalidOperationException("A result is never null.");
        var type = WireContext.Plain.GetTypeInfo(value.GetType())
            ?? throw new InvalidOperationException($"{value.GetType().Name} is not a wire type.");
        response.StatusCode = result.StatusCode ?? StatusCodes.Status200OK;
        response.ContentType = "application/json; charset=utf-8";

        var body = JsonSerializer.SerializeToUtf8Bytes(value, type);
        response.ContentLength = body.Length;
        return BodyWriting.WriteAsync(response, body, context.HttpContext.RequestAborted);
    }
}
