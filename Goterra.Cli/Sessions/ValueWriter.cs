using System.Net;
using System.Text;
using System.Text.Json;
using Goterra.Cli.Http;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Sessions;

/// <summary>Stores values, also on servers of the original.</summary>
internal sealed class ValueWriter(Session session, RetryingClient client)
{
    public async Task<StoreResponse> PutAsync(
        string operation,
        ValueKey key,
        byte[] value,
        IReadOnlyList<(string Name, string Value)> headers,
        CancellationToken cancellationToken)
    {
        var request = new StoreRequest(HttpMethod.Put, session.ValueUrl(key))
        {
            Body = value,
            Headers = headers,
            Content = ResponseContent.Written,
            MayLackRoute = true,
        };
        var (response, _) = await client.SendAsync(operation, request, cancellationToken);
        if (response.Status is not (HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotFound))
            return response;

        // Servers of the original have a single route for all keys, and support neither conditions nor raw bytes.
        if (headers.Count > 0)
            throw new CliException(ExitCode.Error, $"{operation}: the server does not support conditional writes");
        var body = new ValueMessage(key.Text, Decode(value, operation));
        request = new StoreRequest(HttpMethod.Put, session.DeploymentUrl())
        {
            Body = JsonSerializer.SerializeToUtf8Bytes(body, ProtocolJson.Default.ValueMessage),
            BodyType = "application/json",
            Content = ResponseContent.Stored,
        };
        return (await client.SendAsync(operation, request, cancellationToken)).Response;
    }

    private static string Decode(byte[] value, string operation)
    {
        try
        {
            return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(value);
        }
        catch (DecoderFallbackException)
        {
            throw new CliException(
                ExitCode.Error, $"{operation}: the server only accepts UTF-8 text, and the value is not");
        }
    }
}
