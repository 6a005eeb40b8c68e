using System.Text.Json;
using Goterra.Api.Deployments;
using Goterra.Api.Http;
using Goterra.Core.Deployments;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Infrastructure;

namespace Goterra.Api.Json;

/// <summary>
/// Writes a <see cref="DeploymentResponse"/> while its values are loaded, and no faster than the client reads. Neither
/// values nor JSON are in memory as a whole.
/// </summary>
internal sealed partial class DeploymentResultExecutor(ILogger<DeploymentResultExecutor> logger)
    : IActionResultExecutor<DeploymentResult>
{
    private const int FlushBytes = 64 * 1024;

    public async Task ExecuteAsync(ActionContext context, DeploymentResult result)
    {
        var response = context.HttpContext.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/json; charset=utf-8";
        await response.StartAsync(context.HttpContext.RequestAborted);
        try
        {
            await WriteAsync(result, response, context.HttpContext.RequestAborted);
        }
        catch (Exception e) when (e is StoreUnavailableException or StoreDamagedException)
        {
            // The first page was loaded before the response started. Now, only an incomplete body tells the client.
            Log.BrokenOff(logger, e.Message);
            context.HttpContext.Abort();
        }
    }

    private static async Task WriteAsync(
        DeploymentResult result, HttpResponse response, CancellationToken cancellationToken)
    {
        var contents = result.Contents;
        await using var json = new Utf8JsonWriter(
            response.BodyWriter, new JsonWriterOptions { Encoder = WireContext.Encoder });
        json.WriteStartObject();
        var keys = contents.Keys.Select(key => KeyResponse.From(key, encoding: null));
        if (contents.Values is { } values)
        {
            var loaded = new List<KeyResponse>(values.Count);
            json.WriteStartObject("deployment");
            await foreach (var (key, value) in values.ReadAsync(cancellationToken))
            {
                var (text, encoding) = ValueEncoding.Encode(value, result.Base64);
                json.WriteString(key.Key, text);
                loaded.Add(KeyResponse.From(key, encoding));
                await FlushAsync(json, response, cancellationToken);
            }

            json.WriteEndObject();
            keys = loaded;
        }

        json.WriteStartArray("keys");
        foreach (var key in keys)
        {
            JsonSerializer.Serialize(json, key, WireContext.Plain.KeyResponse);
            await FlushAsync(json, response, cancellationToken);
        }

        json.WriteEndArray();
        var rest = DeploymentResponse.WithoutKeys(contents);
        foreach (var property in JsonSerializer.SerializeToElement(rest, WireContext.Plain.DeploymentResponse)
            .EnumerateObject().Where(property => !property.NameEquals("keys")))
            property.WriteTo(json);
        json.WriteEndObject();
    }

    private static async ValueTask FlushAsync(
        Utf8JsonWriter json, HttpResponse response, CancellationToken cancellationToken)
    {
        if (json.BytesPending + response.BodyWriter.UnflushedBytes < FlushBytes)
            return;
        await json.FlushAsync(cancellationToken);
        await response.BodyWriter.FlushAsync(cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "A listing broke off: {Problem}")]
        public static partial void BrokenOff(ILogger logger, string problem);
    }
}
