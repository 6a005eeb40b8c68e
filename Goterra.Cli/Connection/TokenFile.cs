using System.Text;
using Goterra.Cli.Output;

namespace Goterra.Cli.Connection;

/// <summary>The file that GOT_TOKEN_FILE names.</summary>
internal sealed class TokenFile(string path) : ITokenPlace
{
    private const string Variable = "GOT_TOKEN_FILE";

    private OutputFile? _output;

    public string Name => path;

    /// <exception cref="CliException">There is no token in it.</exception>
    public Credential Credential()
    {
        var text = SecretFile.Read(path, Variable);
        return string.IsNullOrWhiteSpace(text)
            ? throw CliException.Usage($"the file that {Variable} names is empty")
            : Connection.Credential.Token(text, $"the file that {Variable} names");
    }

    public void Check() => _output = Output();

    public Task ReplaceAsync(IssuedToken token, CancellationToken cancellationToken) =>
        (_output ?? Output()).WriteAsync(Encoding.ASCII.GetBytes(token.Token + "\n"), cancellationToken);

    // Of a link, what it leads to: a rename would put a file in the link's own place.
    private OutputFile Output() => OutputFile.At(
        new FileInfo(path).LinkTarget is null ? path : File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path, Variable);
}
