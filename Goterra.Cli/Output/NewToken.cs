using Goterra.Cli.Connection;

namespace Goterra.Cli.Output;

/// <summary>Brings a token to where the one before it was: a file, or else stdout.</summary>
internal sealed class NewToken(CliEnvironment environment, Talk talk)
{
    public async Task DeliverAsync(string doing, IssuedToken token, ITokenPlace? place, CancellationToken cancellationToken)
    {
        if (place is null)
        {
            Print(token);
            return;
        }

        try
        {
            await place.ReplaceAsync(token, cancellationToken);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // It may be the only one that is still good.
            Print(token);
            throw new CliException(ExitCode.Error, $"{doing}: {place.Name} could not be written, so the new token was printed: {problem.Message}");
        }

        talk.Say($"{doing}: the new token is in {place.Name}{(token.Expires is { } expires ? $", good until {expires}" : "")}");
    }

    private void Print(IssuedToken token) => new ValueOutput(environment.Output).WriteText(token.Token + "\n");
}
