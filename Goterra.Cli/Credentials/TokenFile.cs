using System.Text;
using Goterra.Cli.Http;
using Goterra.Cli.Output;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;

namespace Goterra.Cli.Credentials;

/// <summary>The file named by GOT_TOKEN_FILE.</summary>
internal sealed class TokenFile(string path) : ITokenStorage
{
    private const string Variable = "GOT_TOKEN_FILE";

    private OutputFile? _output;

    public string Path => path;

    /// <summary>Reads a secret from a file that an environment variable names.</summary>
    public static string ReadSecret(string path, string variable)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.Usage($"{variable}: {exception.Message}");
        }
    }

    /// <exception cref="CliException">The file contains no token.</exception>
    public Credential Credential()
    {
        var text = ReadSecret(path, Variable);
        return string.IsNullOrWhiteSpace(text)
            ? throw CliException.Usage($"the file named by {Variable} is empty")
            : Http.Credential.Token(text, $"the file named by {Variable}");
    }

    public void EnsureWritable() => _output = OutputFile.At(path, Variable);

    public Task ReplaceAsync(CreatedToken token, CancellationToken cancellationToken) =>
        (_output ?? OutputFile.At(path, Variable)).WriteAsync(
            Encoding.ASCII.GetBytes(token.Token + "\n"), cancellationToken);
}
