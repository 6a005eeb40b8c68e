using System.Net;
using System.Text;
using System.Text.Json;
using Goterra.Cli.Arguments;
using Goterra.Cli.Connection;

namespace Goterra.Cli.Values;

/// <summary>Stores values, on servers of the original too.</summary>
internal sealed class ValueWriter(Session session, PatientClient patient)
{
    public async Task<Reply> PutAsync(
        string doing, ValueKey key, byte[] value, IReadOnlyList<(string Name, string Value)> headers, CancellationToken cancellationToken)
    {
        var request = new StoreRequest(HttpMethod.Put, session.Address.Value(session.Deployment, key)) { Body = value, Headers = headers };
        var (reply, _) = await patient.SendAsync(doing, request, cancellationToken);
        return reply.Status is HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotFound
            ? await PutTheOldWayAsync(doing, key, value, headers, cancellationToken)
            : reply;
    }

    /// <summary>Servers of the original have one route for all keys of a deployment. They know neither conditions nor raw bytes.</summary>
    private async Task<Reply> PutTheOldWayAsync(
        string doing, ValueKey key, byte[] value, IReadOnlyList<(string Name, string Value)> headers, CancellationToken cancellationToken)
    {
        if (headers.Count > 0)
            throw new CliException(ExitCode.Error, $"{doing}: this server does not know conditional writes");
        var body = JsonSerializer.SerializeToUtf8Bytes(new StoredValue(key.Text, TextOf(value, doing)), WireJson.Default.StoredValue);
        var request = new StoreRequest(HttpMethod.Put, session.Address.Deployment(session.Deployment)) { Body = body, BodyType = "application/json" };
        return (await patient.SendAsync(doing, request, cancellationToken)).Reply;
    }

    private static string TextOf(byte[] value, string doing)
    {
        try
        {
            return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(value);
        }
        catch (DecoderFallbackException)
        {
            throw new CliException(ExitCode.Error, $"{doing}: this server takes UTF-8 text only, and the value is none");
        }
    }
}
