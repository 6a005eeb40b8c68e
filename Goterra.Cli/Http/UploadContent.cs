using System.Net;
using System.Net.Http.Headers;

namespace Goterra.Cli.Http;

/// <summary>A request body that reports its progress.</summary>
internal sealed class UploadContent : HttpContent
{
    private const int ChunkLength = 16_384;

    private readonly byte[] _body;
    private readonly SilenceTimeout _timeout;

    public UploadContent(byte[] body, string? type, SilenceTimeout timeout)
    {
        (_body, _timeout) = (body, timeout);
        Headers.ContentType = type is null ? null : new MediaTypeHeaderValue(type);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        for (var start = 0; start < _body.Length; start += ChunkLength)
        {
            var chunk = _body.AsMemory(start, Math.Min(ChunkLength, _body.Length - start));
            _timeout.OnSending();
            await stream.WriteAsync(chunk, cancellationToken);
        }

        _timeout.OnSent(_body.Length);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _body.Length;
        return true;
    }
}
