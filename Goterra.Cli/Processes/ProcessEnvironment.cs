using System.Collections;
using System.Text;

namespace Goterra.Cli.Processes;

/// <summary>Environment variables for a command. Values are bytes: an operating system asks for no more.</summary>
internal sealed class ProcessEnvironment
{
    private static readonly string[] CredentialNames = ["GOT_TOKEN", "GOT_TOKEN_FILE", "GOT_APIKEY", "GOT_TICKET", "GOT_TICKET_FILE"];

    private readonly Dictionary<string, byte[]> _variables;

    private ProcessEnvironment(Dictionary<string, byte[]> variables) => _variables = variables;

    public IEnumerable<KeyValuePair<string, byte[]>> Variables => _variables;

    /// <summary>As this program was given it, and not as the static program has changed it for the OpenSSL that it carries.</summary>
    public static ProcessEnvironment OfThisProcess()
    {
        try
        {
            return Parse(File.ReadAllBytes("/proc/self/environ"));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // No /proc here.
            return new(Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(
                entry => (string)entry.Key, entry => Encoding.UTF8.GetBytes((string?)entry.Value ?? "")));
        }
    }

    public ProcessEnvironment WithoutCredentials() =>
        new(_variables.Where(variable => !CredentialNames.Contains(variable.Key)).ToDictionary());

    public ProcessEnvironment With(string name, byte[] value) => new(new Dictionary<string, byte[]>(_variables) { [name] = value });

    /// <summary>Null where it isn't set.</summary>
    public string? Text(string name) => _variables.TryGetValue(name, out var value) ? Encoding.UTF8.GetString(value) : null;

    private static ProcessEnvironment Parse(ReadOnlySpan<byte> block)
    {
        var variables = new Dictionary<string, byte[]>();
        foreach (var range in block.Split((byte)0))
        {
            var entry = block[range];
            var equals = entry.IndexOf((byte)'=');
            // Of two with one name, C libraries find the first.
            if (equals > 0)
                variables.TryAdd(Encoding.UTF8.GetString(entry[..equals]), entry[(equals + 1)..].ToArray());
        }

        return new(variables);
    }
}
