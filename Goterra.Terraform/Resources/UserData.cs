using System.Text;
using Goterra.Terraform.Runtime;
using Goterra.Terraform.Schemas;
using Goterra.Terraform.Values;

namespace Goterra.Terraform.Resources;

/// <summary>The data source `goterra_user_data`.</summary>
internal sealed class UserData() : ReadOnlyResource(new(
    "goterra_user_data",
    """
    User-data for cloud-init (`#cloud-config`): it installs goterra-cli from the server, and runs a script with the
    ticket in its environment. If the script fails, it declares the deployment failed, with the end of the output, so
    that all waits end. If it succeeds, an earlier failure of the same machine is taken back.

    The output of the script is in `/var/log/goterra-script.log` on the machine.
    """,
    [
        AttributeSchema.Required("ticket", AttributeType.Text, "The `ticket` of a `goterra_ticket`.") with
        { IsSensitive = true },
        AttributeSchema.Required(
            "script", AttributeType.Text,
            "The script, with its `#!` line. It runs as root; `goterra-cli get`, `put` and so on need no options."),
        AttributeSchema.Optional(
            "url", AttributeType.Text,
            "The URL of the server as the machine reaches it: `goterra_deployment.NAME.url`. Default: that of the "
            + "provider."),
        AttributeSchema.Optional(
            "ca_certificate", AttributeType.Text,
            "The text of the CA certificates with which the machine verifies the server. Default: those of the "
            + "provider."),
        AttributeSchema.Computed("text", AttributeType.Text, "The user-data.") with { IsSensitive = true },
    ]))
{
    private const string Folder = "/etc/goterra";
    private const string CaFile = Folder + "/ca.pem";

    // The provider's own settings are needed only as defaults.
    public override bool IsOffline => true;

    public override void Validate(ObjectValue config)
    {
        if (config.Text("script") is { } script && !script.StartsWith("#!", StringComparison.Ordinal))
            throw new DiagnosticException(
                "Not a script", "`script` must begin with a line such as #!/bin/sh.", "script");
    }

    public override Task<ObjectValue> ReadAsync(ObjectValue config, Operation operation)
    {
        var url = config.Text("url") ?? operation.Connections.Address.Text;
        var certificate = config.Text("ca_certificate")
            ?? (config.IsSet("url") ? null : operation.Connections.CaCertificate);
        var variables = $"GOT_URL={Quote(url)}\nGOT_TICKET={Quote(config.Text("ticket") ?? "")}\n"
            + (certificate is null ? "" : $"GOT_CACERT={CaFile}\n");
        var text = new StringBuilder("#cloud-config\nwrite_files:\n");
        AppendFile(text, Folder + "/env", "0600", variables);
        if (certificate is not null)
            AppendFile(text, CaFile, "0644", certificate);
        AppendFile(text, "/usr/local/sbin/goterra-start", "0700", BootScript());
        AppendFile(text, "/usr/local/sbin/goterra-script", "0700", config.Text("script") ?? "");
        text.Append("runcmd:\n  - [/usr/local/sbin/goterra-start]\n");
        var state = config.Copy();
        state["text"] = TerraformValue.From(text.ToString());
        return Task.FromResult(state);
    }

    // Base64, so that no content can be mistaken for YAML.
    private static void AppendFile(StringBuilder text, string path, string permissions, string content) => text
        .Append("  - path: ").Append(path).Append('\n')
        .Append("    permissions: \"").Append(permissions).Append("\"\n")
        .Append("    encoding: b64\n    content: ")
        .Append(Convert.ToBase64String(Encoding.UTF8.GetBytes(content))).Append('\n');

    // Within single quotes, only the closing quote is special.
    private static string Quote(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    private static string BootScript()
    {
        using var stream = typeof(UserData).Assembly.GetManifestResourceStream("goterra-start.sh")
            ?? throw new InvalidOperationException("The boot script is missing in the program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
