using System.Text.Json;
using Goterra.Api.Http;
using Goterra.Api.Json;
using Goterra.Core.Deployments;
using Goterra.Core.Services;
using Microsoft.AspNetCore.Mvc;

namespace Goterra.Api.Deployments;

/// <summary>
/// Writes a <see cref="DeploymentResponse"/> while its values are loaded, and no faster than the client reads. Neither
/// values nor JSON are in memory as a whole.
/// </summary>
internal sealed partial class DeploymentResult(DeploymentContents contents, bool base64) : ActionResult
{
    private const int FlushBytes = 64 * 1024;

    public override async Task ExecuteResultAsync(ActionContext context)
    {
        var response = context.HttpContext.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/json; charset=utf-8";
        try
        {
            await WriteAsync(response, context.HttpContext.RequestAborted);
        }
        catch (Exception e) when (e is StoreUnavailableException or StoreDamagedException && response.HasStarted)
        {
            // The client sees an incomplete body: there is no other way to tell it.
            Log.BrokenOff(
                context.HttpContext.RequestServices.GetRequiredService<ILogger<DeploymentResult>>(), e.Message);
            context.HttpContext.Abort();
        }
    }

    private async Task WriteAsync(HttpResponse response, CancellationToken cancellationToken)
    {
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
                var (text, encoding) = ValueEncoding.Encode(value, base64);
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
