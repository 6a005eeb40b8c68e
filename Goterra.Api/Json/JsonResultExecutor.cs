using System.Buffers;
using System.Text.Json;
using Goterra.Api.Deployments;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Infrastructure;

namespace Goterra.Api.Json;

/// <summary>
/// Writes the results of actions as JSON with a Content-Length. The API has no other format to negotiate.
/// </summary>
internal sealed class JsonResultExecutor : IActionResultExecutor<ObjectResult>
{
    private const int InitialCapacity = 256;

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    public Task ExecuteAsync(ActionContext context, ObjectResult result)
    {
        var response = context.HttpContext.Response;
        var value = result.Value ?? throw new InvalidOperationException("A result is never null.");
        var type = WireContext.Plain.GetTypeInfo(value.GetType())
            ?? throw new InvalidOperationException($"{value.GetType().Name} is not a wire type.");
        response.StatusCode = result.StatusCode ?? StatusCodes.Status200OK;
        response.ContentType = "application/json; charset=utf-8";

        // Listings have no limit that a buffer should be held for.
        if (value is DeploymentResponse)
            return JsonSerializer.SerializeAsync(response.BodyWriter, value, type, context.HttpContext.RequestAborted);

        var body = new ArrayBufferWriter<byte>(InitialCapacity);
        var writer = _writer ??= new Utf8JsonWriter(body, new JsonWriterOptions { Encoder = WireContext.Encoder });
        writer.Reset(body);
        JsonSerializer.Serialize(writer, value, type);
        response.ContentLength = body.WrittenCount;
        return response.BodyWriter.WriteAsync(body.WrittenMemory, context.HttpContext.RequestAborted).AsTask();
    }
}
