using System.CommandLine;
using Goterra.Cli.Arguments;
using Goterra.Cli.Output;

namespace Goterra.Cli.Connection;

/// <summary>Finds out, from options and environment, which server, deployment and credential a command means.</summary>
internal sealed class SessionFactory(ConnectionOptions options, CliEnvironment environment, Talk talk)
{
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(1);

    /// <summary>For commands that wait for what others do.</summary>
    public static readonly TimeSpan DefaultWait = TimeSpan.FromMinutes(30);

    /// <summary>For a command about a deployment.</summary>
    public Session ForDeployment(ParseResult parsed, TimeSpan timeout)
    {
        var address = StoreAddress.Parse(Required(parsed, options.Url, "GOT_URL"));
        var deployment = Required(parsed, options.Deployment, "GOT_DEPLOYMENT");
        if (!deployment.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_') || !deployment.Any(char.IsAsciiLetterOrDigit))
            throw CliException.Usage("--deployment (GOT_DEPLOYMENT) is not the id of a deployment");
        return Open(address, deployment, FindCredential(parsed), timeout);
    }

    /// <summary>For a command about none: only an API key counts there.</summary>
    public Session ForServer(ParseResult parsed, TimeSpan timeout)
    {
        var key = environment.Variable("GOT_APIKEY");
        return Open(
            StoreAddress.Parse(Required(parsed, options.Url, "GOT_URL")),
            deployment: "",
            string.IsNullOrWhiteSpace(key) ? null : Credential.ApiKey(key, "GOT_APIKEY"),
            timeout);
    }

    /// <summary>The time that --timeout gives, or the command's own; `0` only where <paramref name="zero"/> has a meaning.</summary>
    public TimeSpan Timeout(ParseResult parsed, TimeSpan otherwise, bool zero = false)
    {
        if (parsed.GetValue(options.Timeout) is not { } text)
            return otherwise;
        if (!Duration.TryParse(text, out var timeout) || (timeout == TimeSpan.Zero && !zero))
            throw CliException.Usage("--timeout must be a number of minutes, or a time like 90s, 20m or 1h");
        return timeout;
    }

    private Session Open(StoreAddress address, string deployment, Credential? credential, TimeSpan timeout)
    {
        var client = new StoreClient(credential, environment.Time);
        var patient = new PatientClient(client, new Deadline(environment.Time, timeout), talk, environment.Time);
        return new Session(address, deployment, client, patient);
    }

    private Credential FindCredential(ParseResult parsed)
    {
        if (parsed.GetValue(options.Token) is { } given)
            return Credential.Token(NotEmpty(given, "--token is empty: give it a value, or leave it out and set GOT_TOKEN or GOT_TOKEN_FILE"), "--token");
        if (environment.Variable("GOT_TOKEN") is { } token && !string.IsNullOrWhiteSpace(token))
            return Credential.Token(token, "GOT_TOKEN");
        if (environment.Variable("GOT_TOKEN_FILE") is { Length: > 0 } path)
            return Credential.Token(NotEmpty(ReadTokenFile(path), "the file that GOT_TOKEN_FILE names is empty"), "the file that GOT_TOKEN_FILE names");
        if (environment.Variable("GOT_APIKEY") is { } key && !string.IsNullOrWhiteSpace(key))
            return Credential.ApiKey(key, "GOT_APIKEY");
        throw CliException.Usage("no token: give --token, or set GOT_TOKEN or GOT_TOKEN_FILE");
    }

    private string Required(ParseResult parsed, Option<string?> option, string variable)
    {
        var given = parsed.GetValue(option);
        if (given is null)
            return NotEmpty(environment.Variable(variable), $"{option.Name} is missing: give it, or set {variable}").Trim();
        return NotEmpty(given, $"{option.Name} is empty: give it a value, or leave it out and set {variable}").Trim();
    }

    private static string NotEmpty(string? text, string otherwise) =>
        string.IsNullOrWhiteSpace(text) ? throw CliException.Usage(otherwise) : text;

    private static string ReadTokenFile(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw CliException.Usage($"GOT_TOKEN_FILE: {problem.Message}");
        }
    }
}
