namespace Goterra.Cli.Connection;

/// <summary>What a command talks to: the server, with a credential and a deadline.</summary>
internal sealed class Session(StoreAddress address, string deployment, IStoreClient client, PatientClient patient) : IDisposable
{
    public StoreAddress Address { get; } = address;

    /// <summary>Empty where the command is about none.</summary>
    public string Deployment { get; } = deployment;

    /// <summary>Where a new token goes that takes the place of the one in use; null: to stdout.</summary>
    public ITokenPlace? TokenPlace { get; init; }

    public PatientClient Patient { get; } = patient;

    /// <summary>The end of a command whose answer is no success.</summary>
    public CliException Failure(string doing, Reply reply)
    {
        var failure = Verdict.Failure(doing, reply);
        return new CliException(failure.ExitCode, Redact(failure.Message));
    }

    /// <summary>For words of the server that are passed on.</summary>
    public string Redact(string text) => client.Redact(text);

    public void Dispose() => client.Dispose();
}
