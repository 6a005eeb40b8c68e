using Goterra.Cli.Output;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Credentials;

/// <summary>Where the current token is stored on this machine.</summary>
internal interface ITokenStorage
{
    string Path { get; }

    /// <summary>Checks that the token can be replaced, before the server issues a new one.</summary>
    /// <exception cref="CliException">It cannot be written.</exception>
    void EnsureWritable();

    /// <summary>Replaces the token atomically.</summary>
    Task ReplaceAsync(CreatedToken token, CancellationToken cancellationToken);
}

/// <summary>Stores a new token in place of the previous one, or prints it.</summary>
internal sealed class TokenDelivery(CliEnvironment environment, StatusWriter statusWriter)
{
    public async Task DeliverAsync(
        string operation, CreatedToken token, ITokenStorage? storage, CancellationToken cancellationToken)
    {
        if (storage is null)
        {
            Print(token);
            return;
        }

        try
        {
            await storage.ReplaceAsync(token, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It may be the only valid token.
            Print(token);
            throw new CliException(
                ExitCode.Error,
                $"{operation}: {storage.Path} could not be written, so the new token was printed: {exception.Message}");
        }

        var expiry = token.Expires is { } expires ? $" (valid until {expires})" : "";
        statusWriter.WriteLine($"{operation}: new token stored in {storage.Path}{expiry}");
    }

    private void Print(CreatedToken token) => new ValueOutput(environment.Output).WriteText(token.Token + "\n");
}
