namespace Goterra.Cli.Runtime;

/// <summary>
/// The program, for messages of the wire client: it is compiled into the Terraform provider too, which has a file like
/// this of its own.
/// </summary>
internal static partial class ClientProgram
{
    public const string Name = "goterra-cli";

    /// <summary>How the user sets the URL of the server.</summary>
    public const string UrlSetting = "--url (GOT_URL)";
}
