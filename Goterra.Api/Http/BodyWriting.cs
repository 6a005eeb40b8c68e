namespace Goterra.Api.Http;

/// <summary>Writes response bodies that are in memory.</summary>
internal static class BodyWriting
{
    private const int PieceBytes = 64 * 1024;

    /// <summary>
    /// Writes a body no faster than the client reads: written at once, all of it would be copied to the output buffer.
    /// </summary>
    public static Task WriteAsync(
        HttpResponse response, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        body.Length <= PieceBytes
            ? response.BodyWriter.WriteAsync(body, cancellationToken).AsTask()
            : WriteInPiecesAsync(response, body, cancellationToken);

    private static async Task WriteInPiecesAsync(
        HttpResponse response, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        while (body.Length > 0 && !cancellationToken.IsCancellationRequested)
        {
            var piece = body[..Math.Min(PieceBytes, body.Length)];
            await response.BodyWriter.WriteAsync(piece, cancellationToken);
            body = body[piece.Length..];
        }
    }
}
